//! Writes a `pytorch_model.bin` as `torch.save` lays it out: an uncompressed zip archive of a pickle and raw storages.

use std::io::Write as _;

use crate::model_support::Precision;
use crate::model_support::Tensors;

/// The bytes of the file. Shape of each tensor as given; numbers in `precision`.
pub(crate) fn archive(tensors: &Tensors, precision: Precision) -> Vec<u8> {
    let mut entries = vec![("archive/data.pkl".to_owned(), pickle(tensors, precision))];
    for (index, tensor) in tensors.values().enumerate() {
        entries.push((format!("archive/data/{index}"), precision.bytes(&tensor.values)));
    }
    entries.push(("archive/version".to_owned(), b"3\n".to_vec()));
    zip(&entries)
}

/// `OrderedDict` of name to `_rebuild_tensor_v2(persistent id, 0, size, stride, False, OrderedDict())`.
pub(crate) fn pickle(tensors: &Tensors, precision: Precision) -> Vec<u8> {
    let storage = match precision {
        Precision::F32 => "FloatStorage",
        Precision::F16 => "HalfStorage",
        Precision::Bf16 => "BFloat16Storage",
    };
    let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (index, (name, tensor)) in tensors.iter().enumerate() {
        text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(format!("ctorch\n{storage}\n").bytes());
        text(&mut out, &index.to_string());
        text(&mut out, "cpu");
        whole(&mut out, tensor.values.len());
        out.extend(b"tQ");
        whole(&mut out, 0);
        let strides = (0..tensor.shape.len()).map(|axis| tensor.shape[axis + 1..].iter().product());
        for sizes in [tensor.shape.clone(), strides.collect()] {
            out.push(b'(');
            for size in sizes {
                whole(&mut out, size);
            }
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
    out.extend(text.bytes());
}

fn whole(out: &mut Vec<u8>, number: usize) {
    out.push(b'J');
    out.extend(i32::try_from(number).expect("small").to_le_bytes());
}

/// A zip archive without compression.
pub(crate) fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let offset = out.len();
        let (crc, size) = (crc32(bytes), length(bytes.len()));
        // Version, flags, method, time, date; then checksum, both sizes, name length, extra length.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0];
        common.extend([crc.to_le_bytes(), size, size].concat());
        common.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.write_all(&common).expect("memory");
        out.extend(name.bytes());
        out.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        // Comment length, disk, attributes inside and outside, place of the entry.
        directory.extend([0; 10]);
        directory.extend(length(offset));
        directory.extend(name.bytes());
    }
    let start = out.len();
    let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend([count, count].concat());
    out.extend([length(directory.len()), length(start)].concat());
    out.extend([0, 0]);
    out
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("small").to_le_bytes()
}

/// The checksum of zip, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn the_checksum_is_the_standard_one() {
    // The check value of CRC-32 (ISO-HDLC) is that of the digits 1 to 9.
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "check value");
}
