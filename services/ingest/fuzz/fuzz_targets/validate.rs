//! Validation never panics; what it accepts is normal, within its limits, and accepted again unchanged.
#![no_main]

use arbitrary::Arbitrary;
use gisa_article_model::Author;
use gisa_ingest::{
    decide::Submission,
    validate::{self, GivenArticle, GivenRetraction, GivenState, GivenTime, MAX_VIOLATIONS},
};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use unicode_normalization::is_nfc;

const MAX_BODY_BYTES: usize = 4096;

#[derive(Arbitrary, Debug)]
struct Input {
    article_id: String,
    source: String,
    external_id: String,
    url: String,
    section: String,
    title: String,
    subtitle: String,
    body: String,
    authors: Vec<(String, String)>,
    language: String,
    published_at: Option<(Option<(i64, i32)>, i32)>,
    state: u8,
    state_reason: String,
    copyright: String,
}

impl Input {
    fn article(self) -> GivenArticle {
        let author = |(name, email)| Author { name, email };
        GivenArticle {
            article_id: self.article_id,
            source: self.source,
            external_id: self.external_id,
            url: self.url,
            section: self.section,
            title: self.title,
            subtitle: self.subtitle,
            body: self.body,
            authors: self.authors.into_iter().map(author).collect(),
            language: self.language,
            published_at: self.published_at.map(|(instant, utc_offset_seconds)| GivenTime {
                instant,
                utc_offset_seconds,
            }),
            state: match self.state {
                0 => GivenState::Usable,
                1 => GivenState::Corrected,
                2 => GivenState::Withheld,
                3 => GivenState::Retracted,
                other => GivenState::Unknown(other.into()),
            },
            state_reason: self.state_reason,
            copyright: self.copyright,
        }
    }
}

fn again(submission: &Submission, state: GivenState, published_at: Option<GivenTime>) -> GivenArticle {
    let submission = submission.clone();
    GivenArticle {
        article_id: submission.article_id.to_string(),
        source: submission.source,
        external_id: submission.external_id,
        url: submission.url,
        section: submission.section,
        title: submission.title,
        subtitle: submission.subtitle,
        body: submission.body,
        authors: submission.authors,
        language: submission.language,
        published_at,
        state,
        state_reason: submission.state_reason,
        copyright: submission.copyright,
    }
}

fuzz_target!(|input: Input| {
    let now = Timestamp::from_second(1_795_000_000).expect("a valid time");
    let _checked = validate::retraction(GivenRetraction {
        article_id: input.article_id.clone(),
        source: input.source.clone(),
        external_id: input.external_id.clone(),
        url: input.url.clone(),
        reason: input.state_reason.clone(),
    });
    let given = input.article();
    let (state, published_at) = (given.state, given.published_at);
    match validate::article(given, MAX_BODY_BYTES, now) {
        Ok(submission) => {
            assert!(submission.body.len() <= MAX_BODY_BYTES);
            assert!(submission.title.chars().count() <= 1000);
            for text in [
                &submission.title,
                &submission.subtitle,
                &submission.body,
                &submission.source,
            ] {
                assert!(is_nfc(text) && !text.contains('\r'));
            }
            let repeated = validate::article(again(&submission, state, published_at), MAX_BODY_BYTES, now);
            assert_eq!(repeated, Ok(submission));
        }
        Err(invalid) => assert!((1..=MAX_VIOLATIONS).contains(&invalid.violations.len())),
    }
});
