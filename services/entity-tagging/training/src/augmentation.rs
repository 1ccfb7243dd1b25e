//! More sentences from annotated ones: names are swapped for other names of their type.
//!
//! A model that has seen 네이버 in many contexts learns the name; one that has seen many names in a context learns the
//! context. The particle after a name is put into the form that the new name wants.

use std::collections::BTreeMap;

use gisa_article_model::EntityType;
use gisa_entity_tagging::dictionary::Dictionary;

use crate::corpus::{Labelled, Sentence};

/// Longest name that is swapped in, in characters.
const LONGEST: usize = 14;

/// Particles that depend on whether the syllable before them ends in a consonant: the form after one that does comes
/// first.
const PARTICLES: [(&str, &str); 6] = [
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("이라", "라"),
];

/// Names to swap in, by type.
#[derive(Debug)]
pub struct NamePool {
    names: BTreeMap<&'static str, Vec<Vec<char>>>,
}

impl NamePool {
    /// Names and aliases of the curated dictionary and the names that `sentences` mark.
    pub fn new(dictionary: &Dictionary, sentences: &[Sentence]) -> Self {
        let mut names: BTreeMap<&'static str, Vec<Vec<char>>> = BTreeMap::new();
        for entity in dictionary.entities() {
            for name in entity.names() {
                let name: Vec<char> = name.chars().collect();
                names.entry(entity.entity_type.as_str()).or_default().push(name);
            }
        }
        for sentence in sentences {
            for mention in &sentence.mentions {
                let Some(entity_type) = EntityType::parse(&mention.label).filter(|label| label.is_name())
                else {
                    continue;
                };
                let name = sentence.text[mention.start..mention.end].to_vec();
                names.entry(entity_type.as_str()).or_default().push(name);
            }
        }
        for names in names.values_mut() {
            names.retain(|name| (2..=LONGEST).contains(&name.len()));
            names.sort_unstable();
            names.dedup();
        }
        Self { names }
    }

    /// The sentence with each of its names swapped for a random one of its type.
    pub fn swap(&self, sentence: &Sentence, random: &mut u64) -> Sentence {
        let mut text = Vec::with_capacity(sentence.text.len());
        let mut mentions = Vec::with_capacity(sentence.mentions.len());
        let mut rest = 0;
        for mention in &sentence.mentions {
            text.extend(&sentence.text[rest..mention.start]);
            let old = &sentence.text[mention.start..mention.end];
            let new = self.pick(&mention.label, random).unwrap_or(old);
            let start = text.len();
            text.extend(new);
            mentions.push(Labelled {
                start,
                end: text.len(),
                label: mention.label.clone(),
            });
            rest = mention.end + replace_particle(new, &sentence.text[mention.end..], &mut text);
        }
        text.extend(&sentence.text[rest..]);
        Sentence { text, mentions }
    }

    fn pick(&self, label: &str, random: &mut u64) -> Option<&[char]> {
        let names = self.names.get(label)?;
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        names
            .get((*random >> 33) as usize % names.len().max(1))
            .map(Vec::as_slice)
    }
}

/// Writes the particle that begins `rest` in the form that `name` wants, and says how many characters of `rest` that
/// stands for.
fn replace_particle(name: &[char], rest: &[char], text: &mut Vec<char>) -> usize {
    let Some(closed) = name.last().and_then(|&last| ends_in_consonant(last)) else {
        return 0;
    };
    for (after_consonant, after_vowel) in PARTICLES {
        for form in [after_consonant, after_vowel] {
            let length = form.chars().count();
            let is_here = rest.iter().take(length).copied().eq(form.chars());
            let ends_here = rest.get(length).is_none_or(|next| !('가'..='힣').contains(next));
            if is_here && ends_here {
                text.extend(if closed { after_consonant } else { after_vowel }.chars());
                return length;
            }
        }
    }
    0
}

/// Whether a Hangul syllable has a final consonant; `None` for other characters, whose sound is not known.
fn ends_in_consonant(character: char) -> Option<bool> {
    const FINALS: u32 = 28;
    ('가'..='힣')
        .contains(&character)
        .then(|| (u32::from(character) - u32::from('가')) % FINALS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::parse_tagged;

    #[test]
    fn swapped_names_keep_their_marks_and_get_their_particle() {
        let dictionary = Dictionary::from_entities(Vec::new()).unwrap();
        let other = parse_tagged("<한빛:PERSON>").unwrap();
        let pool = NamePool::new(&dictionary, &[other]);
        let sentence = parse_tagged("어제 <서별아:PERSON>가 <2시:TIME>에 <서별아:PERSON>, 왔다.").unwrap();
        let swapped = pool.swap(&sentence, &mut 1);
        assert_eq!(swapped.string(), "어제 한빛이 2시에 한빛, 왔다.");
        for mention in &swapped.mentions {
            let surface: String = swapped.text[mention.start..mention.end].iter().collect();
            assert_eq!(surface, if mention.label == "TIME" { "2시" } else { "한빛" });
        }
    }
}
