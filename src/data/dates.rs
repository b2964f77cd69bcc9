//! Dates and times of day of binary formats as text: ISO 8601, as files of text have them.

/// Seconds of a day.
const DAY: i64 = 86_400;
/// The Julian day number of 1970-01-01, from noon on; dates of `INT96` are counted so.
const JULIAN_EPOCH: i64 = 2_440_588;

/// A day counted from 1970-01-01, in the proleptic Gregorian calendar: `2026-11-25`.
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`,
/// <https://howardhinnant.github.io/date_algorithms.html>.
pub(super) fn date_text(days: i64) -> String {
    // Years begin in March here, so that the leap day is a year's last.
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    // Years beyond four digits have a sign, as the standard asks.
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}

/// A moment counted in parts of a second from 1970-01-01T00:00:00: `2026-11-25T10:20:30.5Z`, the `Z` where it is known to be
/// UTC. Midnight of a day without a time zone is that day.
pub(super) fn moment_text(count: i64, per_second: i64, is_utc: bool) -> String {
    let (second, part) = (count.div_euclid(per_second), count.rem_euclid(per_second));
    let (day, second) = (second.div_euclid(DAY), second.rem_euclid(DAY));
    let date = date_text(day);
    if second == 0 && part == 0 && !is_utc {
        return date;
    }
    let zone = if is_utc { "Z" } else { "" };
    let digits = per_second.ilog10() as usize;
    let part = format!("{part:0digits$}");
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{date}T{:02}:{:02}:{:02}{point}{part}{zone}", second / 3600, second / 60 % 60, second % 60)
}

/// A moment as older writers have it: nanoseconds of the day in two words, the lower first, and the Julian day.
pub(super) fn int96_text(words: [u32; 3]) -> String {
    let nanos = i64::from(words[0]) | (i64::from(words[1]) << 32);
    let days = i64::from(words[2].cast_signed()) - JULIAN_EPOCH;
    // In nanoseconds the whole would not fit: the day is added to the text of the time.
    let (extra, nanos) = (nanos.div_euclid(DAY * 1_000_000_000), nanos.rem_euclid(DAY * 1_000_000_000));
    let date = date_text(days + extra);
    let time = moment_text(nanos, 1_000_000_000, false);
    time.split_once('T').map_or_else(|| date.clone(), |(_, time)| format!("{date}T{time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        // Counted with Python's datetime; year 0 and the far ones by the 400 years of 146,097 days.
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (20_782, "2026-11-25"),
            (11_016, "2000-02-29"),
            (-25_509, "1900-02-28"),
            (-25_508, "1900-03-01"),
            (-719_528, "0000-01-01"),
            (2_932_897, "+10000-01-01"),
        ] {
            assert_eq!(date_text(days), text, "{days} days");
        }
        for days in [i64::from(i32::MIN), i64::from(i32::MAX), i64::MAX, i64::MIN] {
            assert!(!date_text(days).is_empty(), "{days} days end in no panic");
        }
    }

    #[test]
    fn moments_have_as_many_digits_as_they_need() {
        for (count, per_second, is_utc, text) in [
            (0, 1_000, false, "1970-01-01"),
            (0, 1_000, true, "1970-01-01T00:00:00Z"),
            (-1, 1_000, false, "1969-12-31T23:59:59.999"),
            (1_795_602_030_500_000, 1_000_000, true, "2026-11-25T10:20:30.5Z"),
            (45_296_000_000_001, 1_000_000_000, false, "1970-01-01T12:34:56.000000001"),
        ] {
            assert_eq!(moment_text(count, per_second, is_utc), text, "{count} of {per_second} a second");
        }
        for count in [i64::MIN, i64::MAX] {
            assert!(!moment_text(count, 1_000, true).is_empty(), "{count}: no panic");
        }
    }

    #[test]
    fn older_stamps_count_julian_days() {
        assert_eq!(int96_text([0, 0, 2_440_588]), "1970-01-01", "the epoch");
        assert_eq!(int96_text([1_000_000_000, 0, 2_461_370]), "2026-11-25T00:00:01", "a second of a day");
        assert!(!int96_text([u32::MAX; 3]).is_empty(), "nonsense ends in no panic");
    }
}
