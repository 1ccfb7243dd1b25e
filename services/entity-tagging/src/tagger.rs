//! The tagger: runs the layers over the fields of a text and turns what they find into mentions.

use std::array::from_fn;
use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;

use gisa_article_model::{Analysis, Mention, OffsetMap, TaggerLayer, TaggerVersion, TextField, ZonedTime};

use crate::common_nouns::CommonNouns;
use crate::dictionary::{Context, Dictionary, DictionaryError, Entity};
use crate::document;
use crate::entities::summarise;
use crate::explain::Witness;
use crate::grammar::{Expression, find_expressions};
use crate::model::{Model, NameModel, evidence_of};
use crate::relations::find_relations;
use crate::resolver::{Candidate, merge_names, resolve};
use crate::salience;
use crate::signature::content_signature;
use crate::topics::TopicModel;

/// Version of the engine. Raise it with every change that can change a result: rules of any layer, the resolver,
/// salience, the stop list, the built-in dictionary, the weights of a model. Articles are tagged again when it rises.
const ENGINE_VERSION: u32 = 4;
/// Version of the dictionary as it is built in.
const BUILT_IN_DICTIONARY: u64 = 0;

/// Title, subtitle, body.
const FIELDS: usize = 3;

/// A text to tag. Fields that an article does not have are empty.
#[derive(Clone, Copy, Debug)]
pub struct TextToTag<'a> {
    /// Headline.
    pub title: &'a str,
    /// Sub-headline.
    pub subtitle: &'a str,
    /// Text.
    pub body: &'a str,
    /// What relative dates are resolved against.
    pub published_at: ZonedTime,
}

impl<'a> TextToTag<'a> {
    /// The texts of the fields, in the order of the contract.
    pub(crate) fn fields(&self) -> [(TextField, &'a str); 3] {
        [
            (TextField::Title, self.title),
            (TextField::Subtitle, self.subtitle),
            (TextField::Body, self.body),
        ]
    }
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaggedText {
    /// Mentions by field, then by start; they do not overlap.
    pub mentions: Vec<Mention>,
    /// What follows for the text as a whole.
    pub analysis: Analysis,
}

/// Finds mentions in texts. Has no mutable state: share one in an `Arc`.
#[derive(Debug)]
pub struct Tagger {
    dictionary: Dictionary,
    dictionary_version: u64,
    model: Arc<dyn NameModel>,
    nouns: Arc<CommonNouns>,
    topics: Arc<TopicModel>,
}

impl Tagger {
    /// The tagger that ships: the built-in dictionary and model.
    pub fn built_in() -> anyhow::Result<Self> {
        Self::with_model(Box::new(Model::built_in()?))
    }

    /// The tagger that ships but for its model.
    pub fn with_model(model: Box<dyn NameModel>) -> anyhow::Result<Self> {
        Ok(Self {
            dictionary: Dictionary::built_in()?,
            dictionary_version: BUILT_IN_DICTIONARY,
            model: model.into(),
            nouns: Arc::new(CommonNouns::built_in()?),
            topics: Arc::new(TopicModel::built_in()?),
        })
    }

    /// The same tagger with another state of the dictionary; see [`Dictionary::changed`]. `version` rises with every state,
    /// from 1.
    pub fn with_dictionary(
        &self,
        changed: &BTreeMap<&str, Option<&Entity>>,
        version: u64,
    ) -> Result<Self, DictionaryError> {
        Ok(Self {
            dictionary: self.dictionary.changed(changed)?,
            dictionary_version: version,
            model: Arc::clone(&self.model),
            nouns: Arc::clone(&self.nouns),
            topics: Arc::clone(&self.topics),
        })
    }

    /// The names that it knows.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// What its results are to be compared by.
    pub fn version(&self) -> TaggerVersion {
        TaggerVersion {
            engine: ENGINE_VERSION,
            dictionary: self.dictionary_version,
        }
    }

    /// Tags a text. Fields must be shorter than 4 GiB.
    pub fn tag(&self, text: &TextToTag<'_>) -> TaggedText {
        self.tag_witnessed(text, &mut ())
    }

    /// Tags a text and tells `witness` what the layers propose: the path of a text, from top to bottom.
    pub(crate) fn tag_witnessed(&self, text: &TextToTag<'_>, witness: &mut impl Witness) -> TaggedText {
        let fields = text.fields();
        let texts = fields.map(|(_, text)| text);
        let reference = text.published_at.korean_datetime();

        // Each layer proposes candidates, one list a field.
        let expressions = texts.map(|text| expressions_in(text, reference));
        let mut known = self.known_names(texts);
        let mut modelled: [Vec<Candidate>; FIELDS] =
            from_fn(|field| self.modelled_names(texts[field], &known[field], &expressions[field]));
        for (index, (field, _)) in fields.into_iter().enumerate() {
            for proposed in [&known[index], &modelled[index], &expressions[index]] {
                witness.propose(field, proposed);
            }
        }

        // Names of dictionary and model become one list; then the article as a whole is heard.
        let mut names = from_fn(|field| merge_names(take(&mut known[field]), take(&mut modelled[field])));
        document::agree(&texts, &mut names);
        let further = document::find_further_names(&texts, &names);

        let mut mentions = Vec::new();
        let layers = expressions.into_iter().zip(names).zip(further);
        for ((field, text), ((expressions, names), further)) in fields.into_iter().zip(layers) {
            witness.propose(field, &further);
            let candidates = names.into_iter().chain(further).chain(expressions).collect();
            add_mentions(field, text, resolve(candidates), &mut mentions);
        }
        salience::assign(&mut mentions, text.body.len());
        let analysis = self.analyse(text, &mentions);
        TaggedText { mentions, analysis }
    }

    /// What follows from the mentions and the text of an article.
    fn analyse(&self, text: &TextToTag<'_>, mentions: &[Mention]) -> Analysis {
        Analysis {
            entities: summarise(text, mentions),
            relations: find_relations(text, mentions),
            topics: self.topics.scores(text.title, text.subtitle, text.body),
            signature: content_signature(text.title, text.body),
        }
    }

    /// Dictionary layer: the names it proposes, linked by what all fields together say.
    fn known_names(&self, texts: [&str; FIELDS]) -> [Vec<Candidate>; FIELDS] {
        let names = texts.map(|text| self.dictionary.find_names(text));
        let context = Context::new(&self.dictionary, names.iter().flatten());
        from_fn(|field| {
            let names = names[field].iter();
            names
                .map(|name| self.dictionary.link(texts[field], name, &context))
                .collect()
        })
    }

    /// Model layer: it sees what dictionary, grammar and the lexicon of common nouns say of each character.
    fn modelled_names(&self, text: &str, known: &[Candidate], expressions: &[Candidate]) -> Vec<Candidate> {
        let spellings = self.dictionary.spellings(text);
        let evidence = evidence_of(text, known, expressions, &spellings, &self.nouns);
        self.model.find_names(text, &evidence)
    }
}

/// Grammar layer.
fn expressions_in(text: &str, reference: jiff::civil::DateTime) -> Vec<Candidate> {
    let expressions = find_expressions(text, reference).into_iter();
    expressions.map(Candidate::from).collect()
}

impl From<Expression> for Candidate {
    fn from(expression: Expression) -> Self {
        Self {
            range: expression.range,
            entity_type: expression.entity_type,
            value: expression.value,
            link: None,
            confidence: expression.confidence,
            layer: TaggerLayer::Grammar,
        }
    }
}

fn add_mentions(field: TextField, text: &str, candidates: Vec<Candidate>, mentions: &mut Vec<Mention>) {
    let offsets = OffsetMap::new(text);
    mentions.extend(candidates.into_iter().filter_map(|candidate| {
        let span = offsets.span(text, candidate.range.start, candidate.range.end)?;
        Some(Mention {
            field,
            span,
            surface: text[candidate.range].to_owned(),
            entity_type: candidate.entity_type,
            value: candidate.value,
            link: candidate.link,
            confidence: candidate.confidence,
            salience: 0.0,
            layer: candidate.layer,
        })
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use gisa_article_model::EntityType;
    use proptest::prelude::*;

    use super::*;

    static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::built_in().unwrap());

    fn tag(title: &str, subtitle: &str, body: &str) -> Vec<Mention> {
        let published_at = ZonedTime::in_korea("2026-09-01T08:00:00+09:00".parse().unwrap());
        let text = TextToTag {
            title,
            subtitle,
            body,
            published_at,
        };
        TAGGER.tag(&text).mentions
    }

    fn assert_sound(mentions: &[Mention], title: &str, subtitle: &str, body: &str) {
        let mut last = (TextField::Title, 0);
        for mention in mentions {
            let text = match mention.field {
                TextField::Title => title,
                TextField::Subtitle => subtitle,
                TextField::Body => body,
            };
            let span = mention.span;
            assert_eq!(span.slice(text), Some(mention.surface.as_str()));
            let code_points: String = text
                .chars()
                .skip(span.start_code_point as usize)
                .take((span.end_code_point - span.start_code_point) as usize)
                .collect();
            assert_eq!(code_points, mention.surface);
            let utf16: Vec<u16> = text.encode_utf16().collect();
            let utf16 = &utf16[span.start_utf16 as usize..span.end_utf16 as usize];
            assert_eq!(String::from_utf16(utf16).unwrap(), mention.surface);
            assert!(
                (mention.field, span.start_byte) >= last,
                "{mention:?} overlaps or is out of order"
            );
            last = (mention.field, span.end_byte);
            assert!((0.0..=1.0).contains(&mention.confidence) && (0.0..=1.0).contains(&mention.salience));
            assert_eq!(mention.link.is_some(), mention.entity_type.is_name());
        }
    }

    #[test]
    fn tags_all_fields_with_all_layers() {
        let (title, subtitle) = ("네이버, 새 모델 공개", "서울 강남에서 발표");
        let body = "네이버(별이름 없음)는 😀 지난해 '엔비디아'와 협력했다. 과학기술정보통신부(과기통부)는 환영했다. 과기통부 장관이 말했다.";
        let mentions = tag(title, subtitle, body);
        assert_sound(&mentions, title, subtitle, body);
        let found = |surface: &str| {
            mentions
                .iter()
                .filter(|mention| mention.surface == surface)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("네이버").len(), 2);
        assert_eq!(found("네이버")[0].field, TextField::Title);
        assert_eq!(
            found("네이버")[1].link.as_ref().unwrap().entity_id.as_deref(),
            Some("org:naver")
        );
        assert_eq!(found("과기통부").len(), 2);
        for short in found("과기통부") {
            assert_eq!(short.link, found("과학기술정보통신부")[0].link);
        }
        assert!(found("네이버")[0].salience > found("엔비디아")[0].salience);
        assert!(tag("", "", "").is_empty());
    }

    #[test]
    fn names_and_expressions_do_not_cut_each_other() {
        let body = "2024 파리 올림픽과 CES 2025에서 갤럭시 S25를 봤다.";
        let mentions = tag("", "", body);
        assert_sound(&mentions, "", "", body);
        let surfaces: Vec<&str> = mentions.iter().map(|mention| mention.surface.as_str()).collect();
        assert_eq!(surfaces, ["2024 파리 올림픽", "CES 2025", "갤럭시 S25"]);
        assert!(
            mentions
                .iter()
                .all(|mention| matches!(mention.entity_type, EntityType::Event | EntityType::Product))
        );
    }

    fn fragment() -> impl Strategy<Value = String> {
        let names: Vec<&str> = TAGGER
            .dictionary()
            .entities()
            .map(|entity| entity.name.as_str())
            .collect();
        let glue = [
            "는 ", "(", ")", "'", "·", "에서 ", "장은 ", "2024", " S27", " ", "\n", "을", "😀", "제1회 ",
            "3조 원", "인",
        ];
        prop_oneof![
            prop::sample::select(names).prop_map(str::to_owned),
            prop::sample::select(glue.to_vec()).prop_map(str::to_owned),
            "\\PC{0,4}",
            any::<String>(),
        ]
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(fragment(), 0..14).prop_map(|fragments| fragments.concat())
    }

    proptest! {
        #[test]
        fn any_text_gives_sound_mentions(title in text(), subtitle in text(), body in text()) {
            assert_sound(&tag(&title, &subtitle, &body), &title, &subtitle, &body);
        }
    }
}
