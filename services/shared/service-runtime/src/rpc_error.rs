//! gRPC errors: one `google.rpc.ErrorInfo` with a reason of the contract, field violations, and a hint when to retry.

use std::{collections::HashMap, time::Duration};

use gisa_proto::{ERROR_DOMAIN, errors::v1::ErrorReason};
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Where the pages about the reasons are, relative to the repository.
const HELP_PAGES: &str = "https://github.com/gisa-news/gisa/blob/main/docs/errors";

/// An error as callers see it.
#[derive(Clone, Debug)]
pub struct RpcError {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    field_violations: Vec<(String, String)>,
    retry_after: Option<Duration>,
}

impl RpcError {
    /// An error with a lower-case message without full stop.
    pub fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            field_violations: Vec::new(),
            retry_after: None,
        }
    }

    /// INVALID_ARGUMENT for fields, each given as path and what is wrong with it.
    pub fn invalid_fields(field_violations: Vec<(String, String)>) -> Self {
        let listed: Vec<String> = field_violations
            .iter()
            .map(|(field, problem)| format!("{field}: {problem}"))
            .collect();
        let mut error = Self::new(
            Code::InvalidArgument,
            ErrorReason::InvalidField,
            listed.join("; "),
        );
        error.field_violations = field_violations;
        error
    }

    /// INVALID_ARGUMENT for one field.
    pub fn invalid_field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::invalid_fields(vec![(field.into(), problem.into())])
    }

    /// Adds a value that the message mentions, for programs.
    pub fn with_metadata(mut self, key: &str, value: impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds a field violation.
    pub fn with_field_violation(mut self, field: &str, problem: &str) -> Self {
        self.field_violations.push((field.to_owned(), problem.to_owned()));
        self
    }

    /// Adds when to try again.
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The gRPC code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The reason.
    pub fn reason(&self) -> ErrorReason {
        self.reason
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error as a message, for one answer among others of a stream.
    pub fn into_item(self) -> tonic_types::Status {
        let status = Status::from(self);
        // The details of a status made here are the encoded message; should that ever fail, code and message remain.
        tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
            code: status.code().into(),
            message: status.message().to_owned(),
            details: Vec::new(),
        })
    }
}

/// A reason as `ErrorInfo.reason` carries it: without the prefix of the enum.
pub fn reason_name(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

impl From<RpcError> for Status {
    fn from(error: RpcError) -> Self {
        let reason = reason_name(error.reason);
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, ERROR_DOMAIN, error.metadata);
        details.add_help_link(
            "what this means and what to do",
            format!("{HELP_PAGES}/{reason}.md"),
        );
        for (field, problem) in error.field_violations {
            details.add_bad_request_violation(field, problem);
        }
        if let Some(delay) = error.retry_after {
            details.set_retry_info(Some(delay));
        }
        Self::with_error_details(error.code, error.message, details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_carries_reason_violations_and_help() {
        let status = Status::from(
            RpcError::invalid_field("article.title", "must not be empty").with_metadata("limit", 1000),
        );
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("INVALID_FIELD", "gisa.dev")
        );
        assert_eq!(info.metadata["limit"], "1000");
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            "article.title"
        );
        assert!(
            details.help().unwrap().links[0]
                .url
                .ends_with("/INVALID_FIELD.md")
        );
    }

    #[test]
    fn an_item_is_the_same_error() {
        let error = RpcError::new(Code::Aborted, ErrorReason::ConcurrentChange, "changed");
        let item = error.into_item();
        assert_eq!(
            (item.code, item.message.as_str()),
            (Code::Aborted as i32, "changed")
        );
        assert_eq!(item.details.len(), 2);
    }

    #[test]
    fn every_reason_has_a_page() {
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/errors");
        for reason in (1..100).filter_map(|number| ErrorReason::try_from(number).ok()) {
            let page = pages.join(format!("{}.md", reason_name(reason)));
            let text =
                std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{} is missing", page.display()));
            assert!(
                text.starts_with(&format!("# {}\n", reason_name(reason))),
                "{}",
                page.display()
            );
        }
    }
}
