//! Names of streams and subjects in NATS: ours, behind the prefix of the installation.

use crate::{Stream, Subject};

/// Translates between the names of the log and those in NATS.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// Name of the stream in NATS.
    pub(super) fn stream(&self, stream: Stream) -> String {
        match self.prefix.as_str() {
            "" => stream.name().to_owned(),
            prefix => format!("{prefix}_{}", stream.name()),
        }
    }

    /// The patterns of all subjects of the stream.
    pub(super) fn subjects(&self, stream: Stream) -> Vec<String> {
        if stream == Stream::Advisories {
            return self.advisories();
        }
        vec![self.with_prefix(&format!("{}.>", stream.subject_prefix()))]
    }

    /// What the server says when a consumer of one of our streams gives up on a message. Stream by stream, because
    /// another installation in the same account takes those of its own.
    fn advisories(&self) -> Vec<String> {
        // The others have no durable consumers.
        let watched = [Stream::Articles, Stream::Tagged, Stream::DeadLetters];
        watched
            .into_iter()
            .flat_map(|stream| {
                ["MAX_DELIVERIES", "MSG_TERMINATED"].map(|kind| {
                    let prefix = Stream::Advisories.subject_prefix();
                    format!("{prefix}.{kind}.{}.*", self.stream(stream))
                })
            })
            .collect()
    }

    /// The subject in NATS.
    pub(super) fn subject(&self, subject: &Subject) -> String {
        self.with_prefix(subject.as_str())
    }

    /// The subject of the log that this is in NATS. The streams take no others than those with the prefix.
    pub(super) fn subject_from_nats(&self, subject: &str) -> Subject {
        let without_prefix = match self.prefix.as_str() {
            "" => None,
            prefix => subject
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.')),
        };
        Subject::from_log(without_prefix.unwrap_or(subject))
    }

    fn with_prefix(&self, subject: &str) -> String {
        match self.prefix.as_str() {
            "" => subject.to_owned(),
            prefix => format!("{prefix}.{subject}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_goes_on_and_comes_off() {
        let subject = Subject::article("a");
        let plain = Names::new("");
        assert_eq!(plain.stream(Stream::DeadLetters), "DEAD_LETTERS");
        assert_eq!(plain.subjects(Stream::DeadLetters), ["dead.>"]);
        assert_eq!(plain.subject_from_nats(&plain.subject(&subject)), subject);

        let prefixed = Names::new("T1");
        assert_eq!(prefixed.stream(Stream::Articles), "T1_ARTICLES");
        assert_eq!(prefixed.subjects(Stream::Articles), ["T1.articles.>"]);
        assert_eq!(
            prefixed.subjects(Stream::Advisories)[0],
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.T1_ARTICLES.*"
        );
        assert_eq!(prefixed.subject(&subject), "T1.articles.a");
        assert_eq!(prefixed.subject_from_nats("T1.articles.a"), subject);
    }
}
