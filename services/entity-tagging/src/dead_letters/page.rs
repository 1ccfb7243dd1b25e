//! Going through the dead letters, oldest first.

use std::time::Duration;

use futures::StreamExt as _;
use gisa_article_codec::events::DeadLetter;
use gisa_event_log::{Position, StartAt, Stream};
use tokio::time::timeout;

use super::{DeadLetterError, DeadLetters, Letter, LetterId};

/// The end of the stream may have been deleted by hand, and a reader would wait there for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Messages that one page looks at, at most: most of them may be about resolved letters.
const MESSAGES_OF_A_PAGE: usize = 2000;

/// Some letters.
#[derive(Clone, Debug)]
pub struct Page {
    /// The letters; may be none although there are more.
    pub letters: Vec<Letter>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<u64>,
}

impl DeadLetters {
    /// The letters after a place (0 is the beginning), as they stand: `size` of them at most, each once, at the place
    /// where it was opened last. What is no letter is passed over with a warning.
    pub async fn page(&self, after: u64, size: usize, with_resolved: bool) -> Result<Page, DeadLetterError> {
        let info = self.log.info(Stream::DeadLetters).await?;
        let mut place = after.max(info.first_sequence - 1);
        let mut page = Page {
            letters: Vec::new(),
            next: None,
        };
        if place >= info.last_sequence {
            return Ok(page);
        }
        let start = StartAt::After(Position {
            stream_identity: info.identity,
            sequence: place,
        });
        let mut records = self.log.read(Stream::DeadLetters, start).await?;
        for _ in 0..MESSAGES_OF_A_PAGE {
            let Ok(Some(record)) = timeout(LONGEST_WAIT, records.next()).await else {
                return Ok(page);
            };
            let record = record?;
            place = record.sequence;
            match self
                .opened_by(record.sequence, DeadLetter::decode(record.payload))
                .await?
            {
                Some(letter) if with_resolved || letter.content.resolution.is_none() => {
                    page.letters.push(letter)
                }
                Some(_) | None => (),
            }
            if place >= info.last_sequence {
                return Ok(page);
            }
            if page.letters.len() >= size {
                break;
            }
        }
        page.next = Some(place);
        Ok(page)
    }

    /// The letter that this message opened, as it stands, unless it has been opened again since.
    async fn opened_by(
        &self,
        sequence: u64,
        message: Result<DeadLetter, gisa_article_codec::DecodeError>,
    ) -> Result<Option<Letter>, DeadLetterError> {
        let id = match &message {
            Ok(letter) if letter.resolution.is_some() => return Ok(None),
            Ok(letter) => format!("{}.{}", letter.stream, letter.position.sequence).parse::<LetterId>(),
            Err(_) => Err("is no letter"),
        };
        let Ok(id) = id else {
            tracing::warn!(
                log.sequence = sequence,
                "DEAD_LETTERS {sequence} is no dead letter"
            );
            return Ok(None);
        };
        let newest = self.find(id).await?;
        Ok(newest.filter(|letter| {
            let opened_at = letter
                .content
                .resolution
                .map_or(letter.sequence, |resolution| resolution.letter_sequence);
            opened_at == sequence
        }))
    }
}
