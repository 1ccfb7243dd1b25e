//! Where a sentence is from: 나눔연구원에 따르면, 제공한다고 밝혔다.

use gisa_article_model::EntityType;

use super::{MENTIONS_IN_REACH, View};
use crate::relations::draft::Participant;
use crate::relations::inflection::Position;
use crate::relations::trigger::Occurrence;

/// How many words before 따르면 the source is looked for in.
const LONGEST_SOURCE: usize = 14;
/// How far behind a predicate the verb that reports it stands, in words.
const REPORT_REACH: usize = 4;
/// Verbs that report news.
const REPORTS: &[&str] = &["밝혔", "밝힌", "밝히", "발표", "공시"];

impl View<'_> {
    /// 따르면, 의하면: what stands before is where the sentence is from.
    fn is_source_mark(&self, word: usize) -> bool {
        let word = self.sentence.word(self.source.text, word);
        ["따르면", "의하면", "보면"]
            .iter()
            .any(|mark| word.starts_with(mark))
    }

    /// Whether the sentence goes on with 따르면 soon behind the word: 별빛이 발표한 보고서에 따르면.
    pub(in crate::relations) fn leads_to_source(&self, word: usize) -> bool {
        (word..self.sentence.words.len())
            .take(LONGEST_SOURCE / 2)
            .any(|next| self.is_source_mark(next))
    }

    /// Whether the predicate is reported as news: 제공한다고 밝혔다.
    pub(in crate::relations) fn is_news(&self, occurrence: &Occurrence) -> bool {
        let behind = occurrence.predicate + 1..=occurrence.predicate + REPORT_REACH;
        occurrence.reading.position == Position::Quoted
            && behind.into_iter().any(|next| {
                let word = self.sentence.word(self.source.text, next);
                REPORTS.iter().any(|report| word.starts_with(report))
            })
    }

    /// Finds who the sentence is from: the organization before 따르면.
    pub(in crate::relations) fn find_source(&self) -> Option<Participant> {
        let words = &self.sentence.words;
        let index = (0..words.len())
            .take(MENTIONS_IN_REACH)
            .find(|&index| self.is_source_mark(index))?;
        let start = words[index.saturating_sub(LONGEST_SOURCE)].range.start;
        self.names_in(&(start..words[index].range.start))
            .into_iter()
            .find(|placed| placed.kind() == EntityType::Organization)
            .map(|placed| Participant::of_mention(&placed))
    }
}
