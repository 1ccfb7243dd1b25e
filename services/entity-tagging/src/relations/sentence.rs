//! A sentence as words, and its words as clauses and noun phrases.

use std::ops::Range;

use gisa_article_model::{EntityType, Mention};

use super::particle::Case;
use super::word_class::WordClass;
use crate::sentences::enclosure::Enclosure;

mod words;

/// A field with what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// The mentions of the field, by start.
    pub mentions: &'a [Placed<'a>],
}

/// A mention with its position in the article's list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub index: u32,
    pub mention: &'a Mention,
    /// Its range again, where searching finds it without following the reference.
    start: u32,
    end: u32,
}

impl<'a> Placed<'a> {
    pub(super) fn new(index: u32, mention: &'a Mention) -> Self {
        Self {
            index,
            mention,
            start: mention.span.start_byte,
            end: mention.span.end_byte,
        }
    }

    pub(super) fn start(&self) -> usize {
        self.start as usize
    }

    pub(super) fn end(&self) -> usize {
        self.end as usize
    }

    pub(super) fn kind(&self) -> EntityType {
        self.mention.entity_type
    }
}

impl<'a> Source<'a> {
    /// The mentions that lie in a range of the text.
    pub(super) fn mentions_in(&self, range: &Range<usize>) -> &'a [Placed<'a>] {
        let first = self
            .mentions
            .partition_point(|placed| placed.start() < range.start);
        let behind = &self.mentions[first..];
        let mut length = behind.partition_point(|placed| placed.start() < range.end);
        // The last one may reach out of the range.
        while length > 0 && behind[length - 1].end() > range.end {
            length -= 1;
        }
        &behind[..length]
    }
}

/// A word: what stands between spaces, where quotes and brackets count as one with what they are glued to.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Without signs around it, but with quotes.
    pub range: Range<usize>,
    /// Where the part behind the last quote or bracket begins: the start of the word if it has none.
    pub tail: usize,
    /// Where the bracket opens that is glued behind it: 양해각서(MOU)를.
    pub gloss: Option<usize>,
    /// The words inside double quotes that the word begins with.
    pub speech: Option<Range<usize>>,
    /// Whether a mark of a list stands before it: ①.
    pub starts_item: bool,
    /// Whether a comma follows.
    pub comma: bool,
    /// What it does to the sentence.
    pub class: WordClass,
    /// Where the noun ends, and the part that its particle gives it.
    pub case: Option<(usize, Case)>,
    /// Whether all of it is a date or time: 지난해, 4일.
    pub is_date: bool,
    /// Number of its clause in the sentence.
    pub clause: usize,
}

/// A noun phrase: words up to one with a particle.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// Its words.
    pub words: Range<usize>,
    /// Its text without the particle.
    pub range: Range<usize>,
    /// The part that it plays.
    pub case: Case,
}

/// A sentence taken apart.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    pub range: Range<usize>,
    pub words: Vec<Word>,
    pub phrases: Vec<Phrase>,
    /// Ranges of words, one a clause.
    pub clauses: Vec<Range<usize>>,
}

impl Sentence {
    /// Takes the sentence in `range` apart. `enclosures` are those of the text that open in it, outermost first.
    pub(super) fn parse(source: Source<'_>, range: Range<usize>, enclosures: &[Enclosure]) -> Self {
        let mut words = words::words(source, range.clone(), enclosures);
        let clauses = number_clauses(&mut words);
        let phrases = phrases(&words);
        Self {
            range,
            words,
            phrases,
            clauses,
        }
    }

    /// The text of a word from `from` on, which must lie in it.
    pub(super) fn word<'t>(&self, text: &'t str, index: usize) -> &'t str {
        self.words
            .get(index)
            .and_then(|word| text.get(word.range.clone()))
            .unwrap_or("")
    }

    /// The text of a clause.
    pub(super) fn clause_range(&self, clause: usize) -> Range<usize> {
        let words = &self.clauses[clause];
        self.words[words.start].range.start..self.words[words.end - 1].range.end
    }
}

/// Gives each word the number of its clause; the ranges of words of the clauses.
fn number_clauses(words: &mut [Word]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for index in 0..words.len() {
        words[index].clause = clauses.len();
        // The speaker and the verb behind a quotation belong to its clause, and those of a report too.
        let ends = matches!(words[index].class, WordClass::Connective | WordClass::Final)
            && words[index].speech.is_none();
        if ends && index + 1 < words.len() {
            clauses.push(start..index + 1);
            start = index + 1;
        }
    }
    if start < words.len() {
        clauses.push(start..words.len());
    }
    clauses
}

/// How many words a phrase may have.
const LONGEST_PHRASE: usize = 16;

fn phrases(words: &[Word]) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let mut start = 0;
    for (index, word) in words.iter().enumerate() {
        if word.starts_item {
            start = index;
        }
        let breaks = word.class != WordClass::Noun || word.speech.is_some();
        if breaks {
            start = index + 1;
            continue;
        }
        match word.case {
            Some((_, Case::Genitive)) => {}
            Some((end, case)) => {
                let first = start.max((index + 1).saturating_sub(LONGEST_PHRASE));
                phrases.push(Phrase {
                    words: first..index + 1,
                    range: words[first].range.start..end,
                    case,
                });
                start = index + 1;
            }
            // 4일 자사 모델을: the date is no part of the phrase.
            None if word.is_date => start = index + 1,
            None => {}
        }
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::enclosure;

    fn parse(text: &str) -> Sentence {
        let source = Source { text, mentions: &[] };
        Sentence::parse(source, 0..text.len(), &enclosure::find(text))
    }

    #[test]
    fn words_keep_quotes_and_brackets_together() {
        let text = "별빛(대표 나하늘)이, 새 앱 '달 나라'를 냈고 \"곧 더 낸다\"며 웃었다.";
        let sentence = parse(text);
        let words: Vec<&str> = (0..sentence.words.len())
            .map(|index| sentence.word(text, index))
            .collect();
        assert_eq!(
            words,
            [
                "별빛(대표 나하늘)이",
                "새",
                "앱",
                "'달 나라'를",
                "냈고",
                "\"곧 더 낸다\"며",
                "웃었다"
            ]
        );
        assert!(sentence.words[0].comma);
        assert_eq!(&text[sentence.words[5].speech.clone().unwrap()], "곧 더 낸다");
    }

    #[test]
    fn phrases_end_with_particles_and_clauses_with_endings() {
        let text = "회사는 새로 개발한 신형 로봇의 값을 내렸고 직원도 뽑았다.";
        let sentence = parse(text);
        let phrases: Vec<(&str, Case)> = sentence
            .phrases
            .iter()
            .map(|phrase| (&text[phrase.range.clone()], phrase.case))
            .collect();
        assert_eq!(
            phrases,
            [
                ("회사", Case::Topic),
                ("신형 로봇의 값", Case::Object),
                ("직원", Case::Also)
            ]
        );
        assert_eq!(
            &text[sentence.clause_range(0)],
            "회사는 새로 개발한 신형 로봇의 값을 내렸고"
        );
        assert_eq!(&text[sentence.clause_range(1)], "직원도 뽑았다");
    }

    #[test]
    fn a_sentence_of_signs_has_no_words() {
        let sentence = parse("... , ①");
        assert!(sentence.words.is_empty() && sentence.clauses.is_empty());
    }
}
