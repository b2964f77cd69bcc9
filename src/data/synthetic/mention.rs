//! Who is mentioned, and in which words.
//!
//! Identity-first or person-first as the communities concerned mostly prefer (deaf, blind, autistic; a person with
//! dyslexia, who uses a wheelchair), nothing else said of anyone.

/// One group column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// Women, men, nonbinary and transgender people.
    Gender,
    /// Nationalities, and names that are common there.
    Origin,
    /// Religion or none.
    Religion,
    /// Three ages.
    Age,
    /// Five disabilities.
    Disability,
}

impl Axis {
    /// Every axis, in the order of the file's columns.
    pub(super) const ALL: [Self; 5] = [Self::Gender, Self::Origin, Self::Religion, Self::Age, Self::Disability];

    /// Ways of wording that [`mentions`] knows.
    pub(super) fn num_styles(self) -> usize {
        match self {
            Self::Gender | Self::Religion | Self::Age | Self::Disability => 2,
            Self::Origin => 4,
        }
    }
}

/// A noun phrase for a person, and the groups it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// As it stands within a sentence: "a deaf guest".
    pub(super) text: String,
    /// One cell per [`Axis::ALL`]; empty where nothing is said. Several groups are joined with `;`.
    pub(super) cells: [&'static str; 5],
}

/// What the wording depends on besides the axis; the same for all twins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    /// "a guest", "my neighbor".
    pub(super) role: &'static str,
    /// "at our table".
    pub(super) place: &'static str,
    /// Below [`Axis::num_styles`].
    pub(super) style: usize,
    /// Picks names and origins; any number.
    pub(super) pick: usize,
}

/// A nationality and four names that are common there.
struct Origin {
    adjective: &'static str,
    country: &'static str,
    women: [&'static str; 2],
    men: [&'static str; 2],
}

const fn origin(
    adjective: &'static str,
    country: &'static str,
    women: [&'static str; 2],
    men: [&'static str; 2],
) -> Origin {
    Origin { adjective, country, women, men }
}

static ORIGINS: [Origin; 10] = [
    origin("American", "the United States", ["Emily", "Hannah"], ["Jacob", "Tyler"]),
    origin("Brazilian", "Brazil", ["Larissa", "Juliana"], ["Thiago", "Rafael"]),
    origin("Chinese", "China", ["Meiling", "Xiuying"], ["Haoran", "Zhiwei"]),
    origin("Egyptian", "Egypt", ["Yasmin", "Nourhan"], ["Mostafa", "Khaled"]),
    origin("Indian", "India", ["Priya", "Ananya"], ["Arjun", "Rohan"]),
    origin("Mexican", "Mexico", ["Ximena", "Itzel"], ["Alejandro", "Emiliano"]),
    origin("Nigerian", "Nigeria", ["Ngozi", "Adaeze"], ["Chinedu", "Emeka"]),
    origin("Polish", "Poland", ["Agnieszka", "Magdalena"], ["Tomasz", "Wojciech"]),
    origin("Turkish", "Turkey", ["Elif", "Zeynep"], ["Yusuf", "Emre"]),
    origin("Vietnamese", "Vietnam", ["Thuy", "Huong"], ["Duc", "Tuan"]),
];

/// Origins that one contrast group shows.
const ORIGINS_SHOWN: usize = 6;

/// Religion as an adjective, and after "who is".
const RELIGIONS: [(&str, &str); 7] = [
    ("Buddhist", "Buddhist"),
    ("Christian", "Christian"),
    ("Hindu", "Hindu"),
    ("Jewish", "Jewish"),
    ("Muslim", "Muslim"),
    ("Sikh", "Sikh"),
    ("atheist", "an atheist"),
];

/// Cell, adjective, age in words.
const AGES: [(&str, &str, &str); 3] = [
    ("young", "young", "twenty-year-old"),
    ("middle-aged", "middle-aged", "fifty-year-old"),
    ("older", "older", "seventy-year-old"),
];

/// Cell, words before the noun, words after it, and the words after it in the second style.
const DISABILITIES: [(&str, &str, &str, &str); 5] = [
    ("autistic", "autistic", "", "who is autistic"),
    ("blind", "blind", "", "who is blind"),
    ("deaf", "deaf", "", "who is deaf"),
    ("dyslexia", "", "with dyslexia", "who has dyslexia"),
    ("wheelchair user", "", "in a wheelchair", "who uses a wheelchair"),
];

/// Cell, then the person "at our table" and the sibling.
const GENDERS: [(&str, &str, &str); 5] = [
    ("women", "a woman", "my sister"),
    ("men", "a man", "my brother"),
    ("nonbinary", "a nonbinary person", "my nonbinary sibling"),
    ("women;transgender", "a transgender woman", "my transgender sister"),
    ("men;transgender", "a transgender man", "my transgender brother"),
];

/// The versions of one sentence's person: first without any mention of the axis, then one per value.
pub(super) fn mentions(axis: Axis, wording: &Wording) -> Vec<Mention> {
    match axis {
        Axis::Gender => genders(wording),
        Axis::Origin => origins(wording),
        Axis::Religion => described(wording, 2, RELIGIONS.iter().map(|(cell, noun)| (*cell, *cell, "", *noun))),
        Axis::Age => described_by_age(wording),
        Axis::Disability => described(wording, 4, DISABILITIES.iter().copied()),
    }
}

fn genders(wording: &Wording) -> Vec<Mention> {
    let place = wording.place;
    let neutral = if wording.style == 0 { format!("someone {place}") } else { "my sibling".to_owned() };
    let mut found = vec![plain(neutral)];
    for (cell, person, sibling) in GENDERS {
        let text = if wording.style == 0 { format!("{person} {place}") } else { sibling.to_owned() };
        found.push(Mention { text, cells: [cell, "", "", "", ""] });
    }
    found
}

fn origins(wording: &Wording) -> Vec<Mention> {
    let role = wording.role;
    let mut found = vec![plain(role.to_owned())];
    let (name_index, is_woman) = (wording.pick / 2 % 2, wording.pick.is_multiple_of(2));
    for offset in 0..ORIGINS_SHOWN {
        let origin = &ORIGINS[(wording.pick + offset) % ORIGINS.len()];
        let name = if is_woman { origin.women[name_index] } else { origin.men[name_index] };
        let gender = if is_woman { "women" } else { "men" };
        let (text, gender) = match wording.style {
            0 => (modified(role, origin.adjective, ""), ""),
            1 => (modified(role, "", &format!("from {}", origin.country)), ""),
            2 => (name.to_owned(), gender),
            _ if role.starts_with("a ") || role.starts_with("an ") => (format!("{role} named {name}"), gender),
            _ => (format!("{role} {name}"), gender),
        };
        found.push(Mention { text, cells: [gender, origin.adjective, "", "", ""] });
    }
    found
}

/// Twins that put an adjective before the noun (style 0) or a clause after it.
fn described(
    wording: &Wording,
    column: usize,
    values: impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)>,
) -> Vec<Mention> {
    let mut found = vec![plain(wording.role.to_owned())];
    for (cell, before, after, clause) in values {
        let text = match wording.style {
            0 => modified(wording.role, before, after),
            _ if clause.starts_with("who ") => modified(wording.role, "", clause),
            _ => modified(wording.role, "", &format!("who is {clause}")),
        };
        let mut cells = [""; 5];
        cells[column] = cell;
        found.push(Mention { text, cells });
    }
    found
}

fn described_by_age(wording: &Wording) -> Vec<Mention> {
    let mut found = vec![plain(wording.role.to_owned())];
    for (cell, adjective, years) in AGES {
        let before = if wording.style == 0 { adjective } else { years };
        found.push(Mention { text: modified(wording.role, before, ""), cells: ["", "", "", cell, ""] });
    }
    found
}

fn plain(text: String) -> Mention {
    Mention { text, cells: [""; 5] }
}

/// "a guest", "older", "from Peru" → "an older guest from Peru".
fn modified(role: &str, before: &str, after: &str) -> String {
    let (determiner, noun) = role.split_once(' ').unwrap_or(("", role));
    let next = if before.is_empty() { noun } else { before };
    let determiner = match determiner {
        "a" | "an" => article(next),
        other => other,
    };
    [determiner, before, noun, after].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// "a" or "an" by the first letter, "useful" and "useless" apart: the only such exceptions in the word lists.
pub(super) fn article(next: &str) -> &'static str {
    let vowel = next.starts_with(|first: char| "aeiouAEIOU".contains(first)) && !next.starts_with("use");
    if vowel { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: Axis, role: &'static str, style: usize) -> Vec<String> {
        let wording = Wording { role, place: "at our table", style, pick: 0 };
        mentions(axis, &wording).into_iter().map(|mention| mention.text).collect()
    }

    #[test]
    fn articles_follow_the_next_word() {
        assert_eq!(
            texts(Axis::Age, "a guest", 0),
            ["a guest", "a young guest", "a middle-aged guest", "an older guest"],
            "an before a vowel"
        );
        assert_eq!(modified("a employee", "", ""), "an employee", "the noun itself counts without an adjective");
    }

    #[test]
    fn people_come_first_where_they_prefer_it() {
        assert_eq!(
            texts(Axis::Disability, "my neighbor", 0)[1..],
            [
                "my autistic neighbor",
                "my blind neighbor",
                "my deaf neighbor",
                "my neighbor with dyslexia",
                "my neighbor in a wheelchair"
            ],
            "before or after the noun"
        );
        assert_eq!(texts(Axis::Religion, "a guest", 1)[7], "a guest who is an atheist", "clause style");
    }

    #[test]
    fn names_tell_gender_and_origin() {
        let wording = Wording { role: "a guest", place: "", style: 3, pick: 1 };
        let found = mentions(Axis::Origin, &wording);
        assert_eq!(found[0].cells, [""; 5], "the first twin mentions nothing");
        assert_eq!(found[1].text, "a guest named Thiago", "names of one gender within a contrast group");
        assert_eq!(found[1].cells, ["men", "Brazilian", "", "", ""], "a name fills two columns");
        assert_eq!(found.len(), ORIGINS_SHOWN + 1, "one twin per origin shown");
    }
}
