//! Who a sentence without a subject speaks of: the actor of the sentence before, else what the article is about.

use gisa_article_model::EntityType;

use super::confidence;
use super::draft::Participant;
use super::sentence::Placed;

/// What is known from the sentences before.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The last subject, with how many sentences ago it was.
    last: Option<(Participant, u32)>,
    /// The most salient organization, product or person of the field.
    main: Option<Participant>,
}

/// After how many sentences a subject is forgotten.
const LONGEST_MEMORY: u32 = 3;

impl Memory {
    /// Before the first sentence of a field with these mentions.
    pub(super) fn of_field(mentions: &[Placed<'_>]) -> Self {
        let main = mentions
            .iter()
            .filter(|placed| matches!(placed.kind(), EntityType::Organization | EntityType::Product))
            .reduce(|best, placed| {
                if placed.mention.salience > best.mention.salience {
                    placed
                } else {
                    best
                }
            })
            .map(Participant::of_mention);
        Self { last: None, main }
    }

    /// Takes the subject of the sentence that has been read.
    pub(super) fn take(&mut self, subject: Option<Participant>) {
        if subject.is_some() {
            self.last = subject.map(|subject| (subject, 0));
        } else if let Some((_, age)) = &mut self.last {
            *age += 1;
        }
        self.last.take_if(|(_, age)| *age > LONGEST_MEMORY);
    }

    /// Whoever is meant, and the factor of confidence.
    pub(super) fn recall(&self) -> Option<(Participant, f32)> {
        let last = self
            .last
            .as_ref()
            .map(|(subject, _)| (subject.clone(), confidence::ACTOR_BEFORE));
        last.or_else(|| self.main.clone().map(|main| (main, confidence::ACTOR_OF_ARTICLE)))
    }

    /// The last person that was a subject.
    pub(super) fn recall_person(&self) -> Option<(Participant, f32)> {
        let (subject, _) = self.last.as_ref()?;
        subject
            .is(EntityType::Person)
            .then(|| (subject.clone(), confidence::ACTOR_BEFORE))
    }
}
