//! The bytes of a text file: unpacked if it is compressed, as UTF-8 whatever its encoding.

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;

use super::encoding::Decoded;
use super::encoding::Encoded;
use super::error::Error;

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
const ZSTD_MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";

/// A compressed file may grow to this size, or to [`MOST_GROWTH`] times its own if that is more; beyond it is a trap.
const ALWAYS_ALLOWED: u64 = 1 << 30;
const MOST_GROWTH: u64 = 200;

const BUFFER: usize = 1 << 16;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// Known by the first bytes, whatever the name says.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match start {
            _ if start.starts_with(GZIP_MAGIC) => Some(Self::Gzip),
            _ if start.starts_with(ZSTD_MAGIC) => Some(Self::Zstd),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// UTF-8 text, to be read once.
pub(super) type Input = Box<dyn BufRead + Send>;

/// Opens a text file in its encoding: the one that is asked for, else the one that its bytes tell.
pub(super) fn open_text(path: &Path, packing: Option<Packing>, asked: Option<&str>) -> Result<(Input, Encoded), Error> {
    let open_error = |source| Error::Open { path: path.to_owned(), source };
    let unpacked = || unpacked(path, packing).map_err(open_error);
    let encoded = match asked {
        Some(label) => Encoded::named(label)
            .ok_or_else(|| Error::UnknownEncoding { label: label.to_owned(), path: path.to_owned() })?,
        None => Encoded::recognize(&mut unpacked()?).map_err(open_error)?,
    };
    let bytes = unpacked()?;
    let input: Input = match encoded.decoder() {
        Some(decoder) => Box::new(BufReader::with_capacity(BUFFER, Decoded::new(bytes, decoder))),
        None => Box::new(BufReader::with_capacity(BUFFER, bytes)),
    };
    Ok((input, encoded))
}

/// The file's own bytes.
pub(super) fn unpacked(path: &Path, packing: Option<Packing>) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    let limit = ALWAYS_ALLOWED.max(file.metadata()?.len().saturating_mul(MOST_GROWTH));
    Ok(match packing {
        None => Box::new(file),
        Some(Packing::Gzip) => {
            Box::new(Bounded { input: flate2::read::MultiGzDecoder::new(BufReader::new(file)), limit, left: limit })
        }
        Some(Packing::Zstd) => Box::new(Bounded { input: zstd::stream::read::Decoder::new(file)?, limit, left: limit }),
    })
}

/// Ends with an error where a small file grows without end.
struct Bounded<R> {
    input: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            let limit = self.limit >> 20;
            io::Error::new(io::ErrorKind::InvalidData, format!("it unpacks to more than {limit} MiB; unpack it first"))
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_beyond_its_limit_is_an_error() {
        let mut bounded = Bounded { input: io::repeat(b'x').take(100), limit: 99, left: 99 };
        let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("unpacks to more than"), "got: {error}");
        let mut fits = Bounded { input: io::repeat(b'x').take(100), limit: 100, left: 100 };
        assert_eq!(io::copy(&mut fits, &mut io::sink()).unwrap(), 100, "what fits comes whole");
    }

    #[test]
    fn packing_is_known_by_the_first_bytes() {
        assert_eq!(Packing::of(b"\x1f\x8b\x08"), Some(Packing::Gzip), "RFC 1952, 2.3.1");
        assert_eq!(Packing::of(b"\x28\xb5\x2f\xfd\x00"), Some(Packing::Zstd), "RFC 8878, 3.1.1");
        assert_eq!(Packing::of(b"text,label"), None, "plain text");
    }
}
