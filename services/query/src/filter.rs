//! Which articles are meant: one pure function that search, watch and their tests agree on.

use std::collections::BTreeSet;

use gisa_article_model::{EntityType, TaggedArticle, Topic};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Conditions on an article. All that are given must hold; within one list any entry will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    /// Ids of entities of which one is mentioned.
    pub entity_ids: BTreeSet<String>,
    /// Surfaces of which one is mentioned.
    pub entity_surfaces: BTreeSet<String>,
    /// Types of which there is a mention.
    pub entity_types: BTreeSet<EntityType>,
    /// Publishers.
    pub sources: BTreeSet<String>,
    /// Sections.
    pub sections: BTreeSet<String>,
    /// Published at or after this time.
    pub published_from: Option<Timestamp>,
    /// Published before this time.
    pub published_until: Option<Timestamp>,
    /// Topics of which one is the best of the article.
    pub topics: BTreeSet<Topic>,
}

impl ArticleFilter {
    /// Whether the article passes. Its publication state is not looked at.
    pub fn matches(&self, tagged: &TaggedArticle) -> bool {
        let article = &tagged.article;
        let published = micros(article.published_at.instant);
        let any_mention = |wanted: bool, passes: &dyn Fn(&gisa_article_model::Mention) -> bool| {
            !wanted || tagged.mentions.iter().any(passes)
        };
        (self.sources.is_empty() || self.sources.contains(&article.source))
            && (self.sections.is_empty() || self.sections.contains(&article.section))
            && self.published_from.is_none_or(|from| micros(from) <= published)
            && self.published_until.is_none_or(|until| published < micros(until))
            && (self.topics.is_empty()
                || best_topic(tagged).is_some_and(|topic| self.topics.contains(&topic)))
            && any_mention(!self.entity_ids.is_empty(), &|mention| {
                let id = mention.link.as_ref().and_then(|link| link.entity_id.as_ref());
                id.is_some_and(|id| self.entity_ids.contains(id))
            })
            && any_mention(!self.entity_surfaces.is_empty(), &|mention| {
                self.entity_surfaces.contains(&mention.surface)
            })
            && any_mention(!self.entity_types.is_empty(), &|mention| {
                self.entity_types.contains(&mention.entity_type)
            })
    }

    /// Names the filter: the same conditions, in whatever order they were given, have the same digest.
    pub fn digest(&self) -> [u8; 16] {
        let mut hasher = Sha256::new();
        let mut add = |part: &[u8]| {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        };
        for list in [
            &self.entity_ids,
            &self.entity_surfaces,
            &self.sources,
            &self.sections,
        ] {
            add(&(list.len() as u64).to_be_bytes());
            list.iter().for_each(|entry| add(entry.as_bytes()));
        }
        add(&(self.entity_types.len() as u64).to_be_bytes());
        self.entity_types
            .iter()
            .for_each(|entity_type| add(entity_type.as_str().as_bytes()));
        for time in [self.published_from, self.published_until] {
            match time {
                Some(time) => add(&time.as_nanosecond().to_be_bytes()),
                None => add(&[]),
            }
        }
        // Without topics the digest is what it was before there were any: tokens of running watches stay good.
        self.topics
            .iter()
            .for_each(|topic| add(topic.as_str().as_bytes()));
        let digest = hasher.finalize();
        std::array::from_fn(|index| digest[index])
    }
}

/// The topic that the article most likely belongs to.
pub fn best_topic(tagged: &TaggedArticle) -> Option<Topic> {
    tagged.analysis.topics.first().map(|best| best.topic)
}

/// The time in microseconds, the precision in which publication times are compared and sorted: in 64 bits it covers all
/// years that a protobuf timestamp can name.
pub fn micros(time: Timestamp) -> i64 {
    // 10,000 years are 3.2e17 microseconds, so the conversion cannot fail.
    i64::try_from(time.as_nanosecond().div_euclid(1000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_names_the_conditions() {
        let set = |entries: &[&str]| {
            entries
                .iter()
                .map(|entry| (*entry).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let filters = [
            ArticleFilter::default(),
            ArticleFilter {
                entity_ids: set(&["a"]),
                ..Default::default()
            },
            ArticleFilter {
                entity_surfaces: set(&["a"]),
                ..Default::default()
            },
            ArticleFilter {
                sources: set(&["a"]),
                ..Default::default()
            },
            ArticleFilter {
                sources: set(&["a"]),
                sections: set(&["b"]),
                ..Default::default()
            },
            ArticleFilter {
                sources: set(&["a", "b"]),
                ..Default::default()
            },
            ArticleFilter {
                entity_types: [EntityType::Person].into(),
                ..Default::default()
            },
            ArticleFilter {
                published_from: Some(Timestamp::UNIX_EPOCH),
                ..Default::default()
            },
            ArticleFilter {
                published_until: Some(Timestamp::UNIX_EPOCH),
                ..Default::default()
            },
            ArticleFilter {
                topics: [Topic::Economy].into(),
                ..Default::default()
            },
            ArticleFilter {
                topics: [Topic::Economy, Topic::World].into(),
                ..Default::default()
            },
        ];
        for (index, filter) in filters.iter().enumerate() {
            for (other_index, other) in filters.iter().enumerate() {
                assert_eq!(
                    filter.digest() == other.digest(),
                    index == other_index,
                    "{filter:?} {other:?}"
                );
            }
        }
    }
}
