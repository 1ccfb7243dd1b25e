//! Why a command failed, how that is told, and the exit code.

use std::{
    error::Error,
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use gisa_service_runtime::code_name;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: FailureKind,
    message: String,
}

/// Kinds of failures, by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The reader of standard output has gone away, as `head` does: no failure to speak of.
    OutputClosed,
    /// The operation failed, or some articles were refused.
    Failed,
    /// Wrong usage.
    Usage,
    /// The server cannot be reached.
    Unreachable,
    /// There is no such article.
    NotFound,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Articles were refused, which has been told already.
    pub(crate) fn refused() -> Self {
        Self::new(FailureKind::Failed, "")
    }

    /// A server's answer, or that there was none.
    pub(crate) fn from_status(status: &Status) -> Self {
        let kind = match status.code() {
            Code::NotFound => FailureKind::NotFound,
            Code::Unavailable => FailureKind::Unreachable,
            _ => FailureKind::Failed,
        };
        Self::new(kind, describe(status))
    }

    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Tells the failure on standard error and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            tell(format_args!("gisa: {}", self.message));
        }
        ExitCode::from(match self.kind {
            FailureKind::OutputClosed => 0,
            FailureKind::Failed => 1,
            FailureKind::Usage => 2,
            FailureKind::Unreachable => 3,
            FailureKind::NotFound => 4,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<io::Error> for Failure {
    /// For errors of writing results.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(FailureKind::OutputClosed, "");
        }
        Self::new(FailureKind::Failed, format!("cannot write the results: {error}"))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(FailureKind::Failed, format!("{error:#}"))
    }
}

/// Writes a line to standard error. That nobody reads it any more is no reason to stop.
pub(crate) fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// What a gRPC error says, without the parts that only programs need.
#[derive(Debug, Default)]
pub(crate) struct StatusParts {
    /// Name of the code, for example `INVALID_ARGUMENT`.
    pub(crate) code: &'static str,
    /// `ErrorInfo.reason`, empty if there is none.
    pub(crate) reason: String,
    /// The message.
    pub(crate) message: String,
    /// Fields and what is wrong with them.
    pub(crate) violations: Vec<(String, String)>,
    /// `ErrorInfo.metadata`, sorted.
    pub(crate) metadata: Vec<(String, String)>,
    /// Links to help.
    pub(crate) help: Vec<String>,
}

impl StatusParts {
    pub(crate) fn new(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let mut metadata: Vec<_> = info
            .map(|info| info.metadata.clone().into_iter().collect())
            .unwrap_or_default();
        metadata.sort();
        Self {
            code: code_name(status.code()),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            message: message_of(status),
            violations: details
                .bad_request()
                .map(|request| {
                    let violations = request.field_violations.iter();
                    violations
                        .map(|violation| (violation.field.clone(), violation.description.clone()))
                        .collect()
                })
                .unwrap_or_default(),
            metadata,
            help: details
                .help()
                .map(|help| help.links.iter().map(|link| link.url.clone()).collect())
                .unwrap_or_default(),
        }
    }

    /// Message and reason in one line.
    pub(crate) fn in_one_line(&self) -> String {
        let name = if self.reason.is_empty() {
            self.code
        } else {
            &self.reason
        };
        format!("{} ({name})", self.message)
    }
}

fn describe(status: &Status) -> String {
    let parts = StatusParts::new(status);
    let mut text = parts.in_one_line();
    for (field, problem) in &parts.violations {
        // The message of most errors says it already.
        if !parts.message.contains(problem.as_str()) {
            text.push_str(&format!("\n  {field}: {problem}"));
        }
    }
    for (key, value) in &parts.metadata {
        text.push_str(&format!("\n  {key}: {value}"));
    }
    for link in &parts.help {
        text.push_str(&format!("\n  see {link}"));
    }
    text
}

/// The message; of an error of the connection, with its causes.
fn message_of(status: &Status) -> String {
    match status.source() {
        Some(source) => causes(source),
        None if status.code() == Code::Unimplemented => {
            "the server does not offer this call; is --server the right service?".to_owned()
        }
        None if status.message().is_empty() => "the server gave no message".to_owned(),
        None => status.message().to_owned(),
    }
}

/// An error with its causes, each said once. The outermost words of tonic, `transport error`, say nothing.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text.strip_prefix("transport error: ")
        .map(str::to_owned)
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use gisa_service_runtime::{ErrorReason, RpcError};

    use super::*;

    #[test]
    fn an_error_is_told_with_everything_that_helps() {
        let error =
            RpcError::invalid_field("article.title", "must not be empty").with_metadata("limit", 1000);
        let failure = Failure::from_status(&error.into());
        assert_eq!(failure.kind(), FailureKind::Failed);
        let text = failure.to_string();
        assert!(
            text.starts_with(
                "article.title: must not be empty (INVALID_FIELD)\n  limit: 1000\n  see https://"
            ),
            "{text}"
        );
    }

    #[test]
    fn codes_decide_the_exit_code() {
        let kind = |code, reason| Failure::from_status(&RpcError::new(code, reason, "x").into()).kind();
        assert_eq!(
            kind(Code::NotFound, ErrorReason::ArticleRetracted),
            FailureKind::NotFound
        );
        assert_eq!(
            kind(Code::Unavailable, ErrorReason::NotReady),
            FailureKind::Unreachable
        );
        assert_eq!(
            kind(Code::Aborted, ErrorReason::ConcurrentChange),
            FailureKind::Failed
        );
    }
}
