//! What is searched for, as a tantivy query.

use std::{collections::BTreeSet, ops::Bound};

use tantivy::{
    Searcher, Term,
    query::{
        Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery,
        PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
    },
    schema::{Field, IndexRecordOption},
};

use super::{IndexSearch, document::SEARCHABLE, schema::Fields};
use crate::{
    filter::{ArticleFilter, micros},
    search::{QueryTerms, QueryUnit},
};

/// How much a match in the title, the sub-headline, the text and as a name counts.
const TITLE_WEIGHT: f32 = 3.0;
const SUBTITLE_WEIGHT: f32 = 1.5;
const BODY_WEIGHT: f32 = 1.0;
const NAME_WEIGHT: f32 = 0.5;

pub(super) fn build(fields: &Fields, search: &IndexSearch) -> Box<dyn Query> {
    let mut clauses: Vec<Box<dyn Query>> = Vec::new();
    match &search.terms {
        QueryTerms::Nothing => return Box::new(EmptyQuery),
        QueryTerms::Everything => clauses.push(unscored(Box::new(term(fields.searchable, SEARCHABLE)))),
        QueryTerms::All(units) => clauses.extend(units.iter().map(|unit| unit_query(fields, unit))),
    }
    add_filter(fields, &search.filter, &mut clauses);
    Box::new(BooleanQuery::intersection(clauses))
}

/// One word or phrase: in any of the text fields, or as a name that is mentioned.
fn unit_query(fields: &Fields, unit: &QueryUnit) -> Box<dyn Query> {
    let texts = [
        (fields.title, TITLE_WEIGHT),
        (fields.subtitle, SUBTITLE_WEIGHT),
        (fields.body, BODY_WEIGHT),
    ];
    let mut places: Vec<Box<dyn Query>> = Vec::with_capacity(texts.len() + 1);
    for (field, weight) in texts {
        let alternatives = unit
            .alternatives
            .iter()
            .map(|terms| sequence(field, terms))
            .collect();
        // The alternatives are ways to find the same thing, so only the best of them counts.
        places.push(Box::new(BoostQuery::new(
            Box::new(DisjunctionMaxQuery::new(alternatives)),
            weight,
        )));
    }
    places.push(Box::new(BoostQuery::new(
        Box::new(term(fields.name, &unit.name)),
        NAME_WEIGHT,
    )));
    Box::new(BooleanQuery::union(places))
}

fn sequence(field: Field, terms: &[String]) -> Box<dyn Query> {
    let terms: Vec<Term> = terms
        .iter()
        .map(|text| Term::from_field_text(field, text))
        .collect();
    match <[Term; 1]>::try_from(terms) {
        Ok([single]) => Box::new(TermQuery::new(single, IndexRecordOption::WithFreqs)),
        Err(terms) => Box::new(PhraseQuery::new(terms)),
    }
}

fn add_filter(fields: &Fields, filter: &ArticleFilter, clauses: &mut Vec<Box<dyn Query>>) {
    let types: BTreeSet<String> = filter
        .entity_types
        .iter()
        .map(|kind| kind.as_str().to_owned())
        .collect();
    let topics: BTreeSet<String> = filter
        .topics
        .iter()
        .map(|topic| topic.as_str().to_owned())
        .collect();
    for (field, wanted) in [
        (fields.entity_id, &filter.entity_ids),
        (fields.surface, &filter.entity_surfaces),
        (fields.entity_type, &types),
        (fields.source, &filter.sources),
        (fields.section, &filter.sections),
        (fields.topic, &topics),
    ] {
        if !wanted.is_empty() {
            let terms = wanted.iter().map(|text| Term::from_field_text(field, text));
            clauses.push(unscored(Box::new(TermSetQuery::new(terms))));
        }
    }
    if filter.published_from.is_some() || filter.published_until.is_some() {
        let bound = |time| Term::from_field_i64(fields.published_at, micros(time));
        let from = filter
            .published_from
            .map_or(Bound::Unbounded, |time| Bound::Included(bound(time)));
        let until = filter
            .published_until
            .map_or(Bound::Unbounded, |time| Bound::Excluded(bound(time)));
        clauses.push(unscored(Box::new(RangeQuery::new(from, until))));
    }
}

fn unscored(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn term(field: Field, text: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic)
}

/// Statistics over the search documents only: the other documents of the index have no text, and would make every text
/// look longer than the average.
pub(super) struct SearchStatistics<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) fields: &'a Fields,
}

impl Bm25StatisticsProvider for SearchStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.searcher.total_num_tokens(field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.searcher
            .doc_freq(&Term::from_field_text(self.fields.searchable, SEARCHABLE))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.searcher.doc_freq(term)
    }
}
