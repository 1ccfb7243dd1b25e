//! The decision: from what is on record and what is asked for, what becomes of it. Pure; all rules of the contract about
//! states, replays and retractions are here.
//!
//! On record is the newest revision, with the short content hashes of the ones before it. With "same" for "has the content
//! hash of the current revision" and "replay" for "has the content hash of an earlier revision":
//!
//! | asked for | on record | becomes |
//! |---|---|---|
//! | USABLE, CORRECTED, WITHHELD | nothing | revision 1 in this state, CREATED |
//! | USABLE, CORRECTED, WITHHELD | retracted | refused: a retraction is final |
//! | USABLE | visible, same | UNCHANGED |
//! | USABLE | replay | UNCHANGED; also when withheld, for a late copy must not bring a withheld article back |
//! | USABLE | anything else | new revision, CORRECTED unless its content never differed (withheld from the start) |
//! | CORRECTED | visible, same | UNCHANGED |
//! | CORRECTED | anything else | new revision |
//! | WITHHELD | withheld, same | UNCHANGED |
//! | WITHHELD | anything else | new revision |
//! | retraction | nothing | refused: there is nothing to retract |
//! | retraction | retracted | UNCHANGED |
//! | retraction | anything else | new revision without text and byline, RETRACTED |
//!
//! So what releases a withheld article is CORRECTED with any content, or USABLE with content that is new or was only ever
//! withheld. A submission without publication time is compared with the one on record: a copy sent without it is recognised
//! as a replay as long as the date on record is the one it was stored with.

use gisa_article_codec::ArticleRevised;
use gisa_article_model::{Article, ArticleId, Author, ContentHash, PublicationState, ZonedTime};
use jiff::Timestamp;

/// Most short hashes of earlier revisions that are kept with a revision.
pub const MAX_SUPERSEDED_HASHES: usize = 64;

/// What a sender asks for, checked and normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Accept an article.
    Submit(Box<Submission>),
    /// Retract an article.
    Retract(Retraction),
}

impl Operation {
    /// The article that it is about.
    pub fn article_id(&self) -> &ArticleId {
        match self {
            Self::Submit(submission) => &submission.article_id,
            Self::Retract(retraction) => &retraction.article_id,
        }
    }
}

/// A submission, checked and normalised. Fields as in [`Article`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented at Article")]
pub struct Submission {
    pub article_id: ArticleId,
    pub source: String,
    pub external_id: String,
    pub url: String,
    pub section: String,
    pub title: String,
    pub subtitle: String,
    pub body: String,
    pub authors: Vec<Author>,
    pub language: String,
    /// `None` for the time on record, or of acceptance.
    pub published_at: Option<ZonedTime>,
    pub state: RequestedState,
    pub state_reason: String,
    pub copyright: String,
}

/// A publication state that a submission can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedState {
    /// Published; unchanged as far as the sender says.
    Usable,
    /// Published, and said to be changed.
    Corrected,
    /// Out of circulation for the time being.
    Withheld,
}

/// A retraction, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retraction {
    /// Which article.
    pub article_id: ArticleId,
    /// Why; may be empty.
    pub reason: String,
}

/// What becomes of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing is written.
    Unchanged {
        /// The current revision.
        revision: u32,
    },
    /// A revision is appended.
    Append {
        /// What it is.
        outcome: Outcome,
        /// The revision.
        event: Box<ArticleRevised>,
    },
    /// It cannot be done.
    Refuse(Refusal),
}

/// What an accepted operation was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The first revision of a new article.
    Created,
    /// Nothing was written.
    Unchanged,
    /// A new revision of a known article.
    Corrected,
    /// The article is now retracted.
    Retracted,
}

/// Why an operation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The article is retracted, which is final.
    Retracted {
        /// Revision of the retraction.
        revision: u32,
    },
    /// There is no article to retract.
    NotFound,
}

/// Decides what becomes of `operation`, given the newest revision on record. `now` is the time of acceptance.
pub fn decide(current: Option<&ArticleRevised>, operation: &Operation, now: Timestamp) -> Decision {
    match (operation, current) {
        (Operation::Submit(submission), None) => create(submission, now),
        (Operation::Submit(submission), Some(current)) => revise(current, submission, now),
        (Operation::Retract(_), None) => Decision::Refuse(Refusal::NotFound),
        (Operation::Retract(retraction), Some(current)) => retract(current, retraction, now),
    }
}

fn create(submission: &Submission, now: Timestamp) -> Decision {
    let published_at = submission
        .published_at
        .unwrap_or_else(|| ZonedTime::in_korea(now));
    let state = match submission.state {
        RequestedState::Usable => PublicationState::Usable,
        RequestedState::Corrected => PublicationState::Corrected,
        RequestedState::Withheld => PublicationState::Withheld,
    };
    Decision::Append {
        outcome: Outcome::Created,
        event: Box::new(ArticleRevised {
            article: article_of(submission, published_at, 1, state),
            accepted_at: now,
            superseded_hashes: Vec::new(),
        }),
    }
}

fn revise(current: &ArticleRevised, submission: &Submission, now: Timestamp) -> Decision {
    let on_record = &current.article;
    let revision = on_record.revision;
    if on_record.state == PublicationState::Retracted {
        return Decision::Refuse(Refusal::Retracted { revision });
    }

    let published_at = submission.published_at.unwrap_or(on_record.published_at);
    let mut article = article_of(submission, published_at, revision + 1, PublicationState::Usable);
    let same = article.content_hash == on_record.content_hash;
    let replay = is_short_hash_of(&current.superseded_hashes, &article.content_hash);
    let visible = on_record.state.visible();
    let unchanged = match submission.state {
        RequestedState::Usable => (same && visible) || replay,
        RequestedState::Corrected => same && visible,
        RequestedState::Withheld => same && !visible,
    };
    if unchanged {
        return Decision::Unchanged { revision };
    }

    article.state = match submission.state {
        // What was withheld from the start and never changed is published for the first time now.
        RequestedState::Usable if same && current.superseded_hashes.is_empty() => PublicationState::Usable,
        RequestedState::Usable | RequestedState::Corrected => PublicationState::Corrected,
        RequestedState::Withheld => PublicationState::Withheld,
    };
    append(Outcome::Corrected, article, current, now)
}

fn retract(current: &ArticleRevised, retraction: &Retraction, now: Timestamp) -> Decision {
    let revision = current.article.revision;
    if current.article.state == PublicationState::Retracted {
        return Decision::Unchanged { revision };
    }
    let mut article = Article {
        title: String::new(),
        subtitle: String::new(),
        body: String::new(),
        authors: Vec::new(),
        revision: revision + 1,
        state: PublicationState::Retracted,
        state_reason: retraction.reason.clone(),
        ..current.article.clone()
    };
    article.content_hash = article.compute_content_hash();
    append(Outcome::Retracted, article, current, now)
}

fn append(outcome: Outcome, article: Article, current: &ArticleRevised, now: Timestamp) -> Decision {
    Decision::Append {
        outcome,
        event: Box::new(ArticleRevised {
            article,
            accepted_at: now,
            superseded_hashes: superseded_by_next(current),
        }),
    }
}

/// The hashes that the revision after `current` carries. Each content is listed once: a content that comes and goes, as
/// with an article withheld and released, would push the others out.
fn superseded_by_next(current: &ArticleRevised) -> Vec<Vec<u8>> {
    let newest = current.article.content_hash.short();
    let older = current
        .superseded_hashes
        .iter()
        .filter(|hash| hash.as_slice() != newest);
    std::iter::once(newest.to_vec())
        .chain(older.cloned())
        .take(MAX_SUPERSEDED_HASHES)
        .collect()
}

fn is_short_hash_of(hashes: &[Vec<u8>], wanted: &ContentHash) -> bool {
    hashes.iter().any(|hash| hash == wanted.short())
}

fn article_of(
    submission: &Submission,
    published_at: ZonedTime,
    revision: u32,
    state: PublicationState,
) -> Article {
    let Submission {
        article_id,
        source,
        external_id,
        url,
        section,
        title,
        subtitle,
        body,
        authors,
        language,
        published_at: _,
        state: _,
        state_reason,
        copyright,
    } = submission.clone();
    let mut article = Article {
        article_id,
        source,
        external_id,
        url,
        section,
        title,
        subtitle,
        body,
        authors,
        language,
        published_at,
        revision,
        state,
        state_reason,
        content_hash: ContentHash([0; 32]),
        copyright,
    };
    article.content_hash = article.compute_content_hash();
    article
}

#[cfg(test)]
mod tests;
