//! `gisa tag`: tags articles of files in this process.

use std::{collections::BTreeSet, io::BufReader};

use gisa_article_model::{Explanation, TextField, ZonedTime};
use gisa_entity_tagging::tagger::{TaggedText, Tagger, TextToTag};
use jiff::Timestamp;
use serde::Serialize;
use unicode_normalization::is_nfc;

use crate::{
    article_file::{ArticleFields, ArticleFile, GivenId, ReadArticle, Unreadable, open},
    cli::TagArguments,
    failure::{Failure, FailureKind, tell},
    output::{
        Output,
        records::{MentionRecord, analysis::AnalysisRecord, explanation::ExplanationRecord},
        views::{
            FAINT, analysis::write_analysis, explanation::write_explanation, legend, styled, write_mentions,
            write_texts,
        },
    },
};

#[derive(Serialize)]
struct TaggedRecord<'a> {
    id: Option<GivenId>,
    mentions: Vec<MentionRecord<'a>>,
    #[serde(flatten)]
    analysis: AnalysisRecord<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationRecord<'a>>,
}

pub(crate) fn run(arguments: &TagArguments, output: &mut Output) -> Result<(), Failure> {
    let tagger = Tagger::built_in().map_err(|error| {
        Failure::new(
            FailureKind::Failed,
            format!("the built-in dictionary or model is damaged: {error:#}"),
        )
    })?;
    let mut tagging = Tagging {
        tagger,
        explain: arguments.explain,
        published_at: arguments
            .published_at
            .unwrap_or_else(|| ZonedTime::in_korea(Timestamp::now())),
        output,
        known_as_unknown: BTreeSet::new(),
        refused: 0,
    };
    for name in &arguments.files {
        let file =
            open(name).and_then(|reader| ArticleFile::new(name, BufReader::new(reader), arguments.format));
        match file {
            Ok(file) => tagging.run(file)?,
            Err(error) => tagging.refuse(&Unreadable::whole_file(name, &error)),
        }
    }
    if !tagging.output.is_json() {
        let legend = legend(tagging.output);
        tagging.output.line(&legend)?;
    }
    if tagging.refused > 0 {
        return Err(Failure::refused());
    }
    Ok(())
}

struct Tagging<'a> {
    tagger: Tagger,
    /// Whether to say where each mention comes from.
    explain: bool,
    /// Of articles that have none.
    published_at: ZonedTime,
    output: &'a mut Output,
    known_as_unknown: BTreeSet<String>,
    refused: u64,
}

impl Tagging<'_> {
    fn run(&mut self, file: impl Iterator<Item = Result<ReadArticle, Unreadable>>) -> Result<(), Failure> {
        for article in file {
            match article.and_then(check) {
                Ok(article) => self.tag(article)?,
                Err(unreadable) => self.refuse(&unreadable),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, unreadable: &Unreadable) {
        self.refused += 1;
        tell(format_args!("{unreadable}"));
    }

    fn tag(&mut self, article: ReadArticle) -> Result<(), Failure> {
        for key in article.unknown_keys {
            if self.known_as_unknown.insert(key.clone()) {
                let location = &article.location;
                tell(format_args!(
                    "{location}: key `{key}` is not known and is ignored, here and from now on"
                ));
            }
        }
        let fields = article.fields;
        let texts = texts(&fields);
        let [(_, title), (_, subtitle), (_, body)] = texts;
        let text = TextToTag {
            title,
            subtitle,
            body,
            published_at: fields.published_at.unwrap_or(self.published_at),
        };
        let (tagged, explanation) = if self.explain {
            let (tagged, explanation) = self.tagger.explain(&text);
            (tagged, Some(explanation))
        } else {
            (self.tagger.tag(&text), None)
        };
        if self.output.is_json() {
            return self.output.json(&TaggedRecord {
                id: id(&fields),
                mentions: MentionRecord::all(&tagged.mentions),
                analysis: AnalysisRecord::new(&tagged.analysis),
                explanation: explanation.as_ref().map(ExplanationRecord::new),
            });
        }
        self.output.line(&styled(FAINT, &article.location.to_string()))?;
        self.write(texts, &tagged, explanation.as_ref())
    }

    fn write(
        &mut self,
        texts: [(TextField, &str); 3],
        tagged: &TaggedText,
        explanation: Option<&Explanation>,
    ) -> Result<(), Failure> {
        write_texts(self.output, texts, &tagged.mentions, None)?;
        self.output.line("")?;
        write_mentions(self.output, &tagged.mentions)?;
        write_analysis(self.output, &tagged.analysis)?;
        if let Some(explanation) = explanation {
            write_explanation(self.output, texts, &tagged.mentions, explanation)?;
        }
        self.output.line("")
    }
}

fn texts(fields: &ArticleFields) -> [(TextField, &str); 3] {
    [
        (TextField::Title, fields.title.as_deref().unwrap_or("")),
        (TextField::Subtitle, fields.subtitle.as_deref().unwrap_or("")),
        (TextField::Body, fields.body.as_deref().unwrap_or("")),
    ]
}

fn id(fields: &ArticleFields) -> Option<GivenId> {
    let given = |text: &Option<String>| text.clone().map(GivenId::Text);
    fields
        .id
        .clone()
        .or_else(|| given(&fields.external_id))
        .or_else(|| given(&fields.article_id))
}

/// Checks that there is something to tag and that offsets will count in what was given.
fn check(article: ReadArticle) -> Result<ReadArticle, Unreadable> {
    let problem = match texts(&article.fields) {
        texts if texts.iter().all(|(_, text)| text.is_empty()) => {
            Some("there is no text: `title`, `subtitle` and `body` are missing or empty".to_owned())
        }
        texts => texts.iter().find(|(_, text)| !is_nfc(text)).map(|(field, _)| {
            format!(
                "`{}` is not NFC-normalised, and offsets would not count in the text as given; normalise it first, \
                 for example with `uconv -x nfc`",
                field.as_str()
            )
        }),
    };
    match problem {
        Some(problem) => Err(Unreadable {
            location: article.location,
            problem,
        }),
        None => Ok(article),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article_file::Format;

    fn read(json: &str) -> ReadArticle {
        let mut file = ArticleFile::new("test", json.as_bytes(), Format::Ndjson).unwrap();
        file.next().unwrap().unwrap()
    }

    #[test]
    fn ids_come_back_as_given() {
        let written = |json: &str| serde_json::to_string(&id(&read(json).fields)).unwrap();
        assert_eq!(written(r#"{"id": 12}"#), "12");
        assert_eq!(written(r#"{"id": "12"}"#), "\"12\"");
        assert_eq!(written(r#"{"external_id": "a"}"#), "\"a\"");
        assert_eq!(written(r#"{"title": "제목"}"#), "null");
    }

    #[test]
    fn text_that_offsets_would_not_fit_is_refused() {
        assert!(check(read(r#"{"title": "한글"}"#)).is_ok());
        let decomposed = format!(r#"{{"body": "{}"}}"#, "\u{1112}\u{1161}\u{11ab}");
        assert!(
            check(read(&decomposed))
                .unwrap_err()
                .problem
                .contains("`body` is not NFC")
        );
        assert!(check(read("{}")).unwrap_err().problem.contains("no text"));
    }
}
