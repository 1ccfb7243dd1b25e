//! One revision of an article, and what identifies its content.

use std::fmt;

use jiff::{Timestamp, civil, tz::Offset};
use sha2::{Digest as _, Sha256};

use crate::ArticleId;

/// Korea Standard Time; it has had no daylight saving since 1988.
const KOREA: Offset = Offset::constant(9);

/// One revision of an article. Text is NFC-normalised with `\n` line ends; limits are those of
/// `gisa.article.v1.Article`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Stable id, the same for all revisions.
    pub article_id: ArticleId,
    /// Publisher.
    pub source: String,
    /// The publisher's own id, empty if none.
    pub external_id: String,
    /// Absolute URL, empty if none.
    pub url: String,
    /// Section or desk, empty if unknown.
    pub section: String,
    /// Headline; empty only when retracted.
    pub title: String,
    /// Sub-headline, empty if none.
    pub subtitle: String,
    /// Text; empty only when retracted.
    pub body: String,
    /// Byline in the order given.
    pub authors: Vec<Author>,
    /// BCP 47 language tag.
    pub language: String,
    /// First publication, in the publisher's zone.
    pub published_at: ZonedTime,
    /// Counted from 1.
    pub revision: u32,
    /// Publication state of this revision.
    pub state: PublicationState,
    /// Why it was corrected, withheld or retracted; may be empty.
    pub state_reason: String,
    /// Hash of the publisher-given content.
    pub content_hash: ContentHash,
    /// Copyright or licence line, empty if not given.
    pub copyright: String,
}

impl Article {
    /// The hash of the publisher-given content: everything but id, revision, state, reason and the hash itself. Each
    /// part goes in with its length, so that text moved from one field to the next changes the hash.
    pub fn compute_content_hash(&self) -> ContentHash {
        let mut hasher = Sha256::new();
        let mut add = |part: &str| {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        };
        for part in [
            &self.source,
            &self.external_id,
            &self.url,
            &self.section,
            &self.title,
            &self.subtitle,
            &self.body,
            &self.language,
            &self.copyright,
        ] {
            add(part);
        }
        add(&self.published_at.instant.to_string());
        add(&self.published_at.utc_offset_seconds.to_string());
        for author in &self.authors {
            add(&author.name);
            add(&author.email);
        }
        ContentHash(hasher.finalize().into())
    }
}

/// One name of the byline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name as printed, without role.
    pub name: String,
    /// E-mail address, empty if not given.
    pub email: String,
}

/// SHA-256 of an article's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Length of [`ContentHash::short`] in bytes.
    pub const SHORT_LENGTH: usize = 16;

    /// The first 16 bytes: enough to recognise an earlier revision.
    pub fn short(&self) -> &[u8] {
        &self.0[..Self::SHORT_LENGTH]
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Publication state, after IPTC `pubstatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublicationState {
    /// Published, never changed since.
    Usable,
    /// Published, and its content differs from an earlier revision.
    Corrected,
    /// Out of circulation for the time being.
    Withheld,
    /// Withdrawn for good.
    Retracted,
}

impl PublicationState {
    /// Whether readers may see an article in this state.
    pub fn visible(self) -> bool {
        matches!(self, Self::Usable | Self::Corrected)
    }

    /// The lower-case word used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Corrected => "corrected",
            Self::Withheld => "withheld",
            Self::Retracted => "retracted",
        }
    }
}

/// A point in time together with the UTC offset it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZonedTime {
    /// The instant.
    pub instant: Timestamp,
    /// Offset from UTC in seconds, east positive; Korea is 32,400.
    pub utc_offset_seconds: i32,
}

impl ZonedTime {
    /// Offset of Korea Standard Time in seconds.
    pub const KOREA_OFFSET_SECONDS: i32 = 9 * 3600;
    /// Largest offset allowed, in seconds either way (18 hours, as in `gisa.article.v1.ZonedTime`).
    pub const MAX_OFFSET_SECONDS: i32 = 18 * 3600;

    /// `instant`, written in Korean time.
    pub fn in_korea(instant: Timestamp) -> Self {
        Self {
            instant,
            utc_offset_seconds: Self::KOREA_OFFSET_SECONDS,
        }
    }

    /// The calendar date and clock time in Korea at this instant: what relative dates in the text refer to.
    pub fn korean_datetime(&self) -> civil::DateTime {
        KOREA.to_datetime(self.instant)
    }
}

impl fmt::Display for ZonedTime {
    /// RFC 3339 in the zone it was written in.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = Offset::from_seconds(self.utc_offset_seconds).unwrap_or(Offset::UTC);
        write!(formatter, "{}", self.instant.display_with_offset(offset))
    }
}
