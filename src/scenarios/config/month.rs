//! Months as tables have them: alone, as their first day, or as the first moment of it, which is what frame libraries make of dates.

use jiff::civil::Date;

/// The first day of a month written `1995-05`, `1995-05-01`, `1995-05-01 00:00:00`, `1995-05-01T00:00:00`, with fractions of a second and with the
/// zone UTC or without; nothing for any other moment.
pub(super) fn first_day(cell: &str) -> Option<Date> {
    let (month, rest) = cell.split_at_checked(7)?;
    let shape =
        |text: &str| text.bytes().enumerate().all(|(at, c)| if at == 4 { c == b'-' } else { c.is_ascii_digit() });
    if !shape(month) {
        return None;
    }
    let moment = match rest {
        "" => "",
        rest => rest.strip_prefix("-01")?,
    };
    let midnight = match moment {
        "" => true,
        moment => is_midnight(moment.strip_prefix([' ', 'T'])?),
    };
    midnight.then(|| format!("{month}-01").parse().ok()).flatten()
}

/// Whether a time of day is its beginning.
fn is_midnight(time: &str) -> bool {
    let zoneless = ["Z", "+00:00", "+0000", "+00"].iter().find_map(|zone| time.strip_suffix(zone)).unwrap_or(time);
    let (clock, fraction) = zoneless.split_once('.').unwrap_or((zoneless, "0"));
    matches!(clock, "00:00:00" | "00:00") && !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0')
}

/// What to write in the place of a cell that is no month.
pub(super) fn remedy(cell: &str) -> String {
    match cell.get(..7).and_then(first_day) {
        Some(_) => format!("write {} for the month, or its first day at midnight", &cell[..7]),
        None => "write year and month, such as 1995-06".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_may_be_its_first_moment_and_no_other() {
        let may = jiff::civil::date(1995, 5, 1);
        for cell in [
            "1995-05",
            "1995-05-01",
            "1995-05-01 00:00:00",
            "1995-05-01T00:00:00",
            "1995-05-01T00:00:00Z",
            "1995-05-01T00:00:00.000000000",
            "1995-05-01 00:00:00.000+00:00",
            "1995-05-01 00:00",
        ] {
            assert_eq!(first_day(cell), Some(may), "{cell}");
        }
        for cell in [
            "1995-13",
            "1995-5",
            "1995/05",
            "1995-05-02",
            "1995-05-01 12:00:00",
            "1995-05-01 00:00:00.001",
            "1995-05-01 00:00:00+09:00",
            "1995-05-01-01",
            "1995-05-",
            "May 1995",
            "1995-05-01 ",
            "",
            "é995-05",
        ] {
            assert_eq!(first_day(cell), None, "{cell}");
        }
        assert_eq!(remedy("1995-05-15"), "write 1995-05 for the month, or its first day at midnight");
        assert_eq!(remedy("5/1995"), "write year and month, such as 1995-06");
    }
}
