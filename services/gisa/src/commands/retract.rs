//! `gisa retract`: takes an article out of circulation for good.

use gisa_proto::ingest::v1::{IngestOutcome, RetractArticleRequest, Retraction};
use serde::Serialize;

use crate::{
    cli::RetractArguments,
    client::Server,
    failure::{Failure, FailureKind},
    output::Output,
};

#[derive(Serialize)]
struct RetractionRecord<'a> {
    article_id: &'a str,
    outcome: &'a str,
    revision: u32,
    write_token: &'a str,
}

pub(crate) async fn run(
    server: &Server,
    arguments: RetractArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut client = server.ingest().await?;
    let request = server.request(RetractArticleRequest {
        retraction: Some(Retraction {
            article_id: arguments.article_id.unwrap_or_default(),
            source: arguments.source.unwrap_or_default(),
            external_id: arguments.external_id.unwrap_or_default(),
            url: arguments.url.unwrap_or_default(),
            reason: arguments.reason,
        }),
    });
    let answer = server.answer(client.retract_article(request)).await;
    let result = answer
        .map_err(|status| Failure::from_status(&status))?
        .result
        .ok_or_else(|| {
            Failure::new(
                FailureKind::Failed,
                "cannot read the server's answer: it has no result",
            )
        })?;
    if output.is_json() {
        return output.json(&RetractionRecord {
            article_id: &result.article_id,
            outcome: outcome_name(result.outcome()),
            revision: result.revision,
            write_token: &result.write_token,
        });
    }
    let before = if result.outcome() == IngestOutcome::Unchanged {
        " already"
    } else {
        ""
    };
    output.line(&format!(
        "{} is{before} retracted (revision {})",
        result.article_id, result.revision
    ))
}

/// An outcome as it is written in results.
pub(crate) fn outcome_name(outcome: IngestOutcome) -> &'static str {
    outcome.as_str_name().trim_start_matches("INGEST_OUTCOME_")
}
