//! Topics, entities and relations of an article, for people.

use gisa_article_model::{Analysis, EntitySummary, Relation, TopicScore};

use super::{FAINT, HEADLINE, style_of, styled};
use crate::{
    failure::Failure,
    output::{
        Output,
        layout::{columns, cut, pad},
    },
};

/// Topics less likely than this are not shown.
const LEAST_SCORE: f32 = 0.05;

/// Writes what there is of topics, entities and relations, each part with a headline.
pub(crate) fn write_analysis(output: &mut Output, analysis: &Analysis) -> Result<(), Failure> {
    write_part(output, "topics", topic_lines(&analysis.topics))?;
    let lines = entity_lines(&analysis.entities, output.width());
    write_part(output, "entities", lines)?;
    let lines = analysis.relations.iter().map(relation_line).collect();
    write_part(output, "relations", lines)
}

/// Writes lines under a headline; nothing if there are none.
pub(super) fn write_part(output: &mut Output, name: &str, lines: Vec<String>) -> Result<(), Failure> {
    if lines.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.line(&styled(HEADLINE, name))?;
    lines.iter().try_for_each(|line| output.line(line))
}

fn topic_lines(topics: &[TopicScore]) -> Vec<String> {
    let shown = topics.iter().filter(|topic| topic.score >= LEAST_SCORE);
    let texts: Vec<String> = shown
        .map(|topic| format!("{} {:.2}", topic.topic.as_str(), topic.score))
        .collect();
    if texts.is_empty() {
        return Vec::new();
    }
    vec![texts.join(" · ")]
}

fn entity_lines(entities: &[EntitySummary], width: usize) -> Vec<String> {
    let widest = |column: fn(&EntitySummary) -> &str| {
        let widths = entities.iter().map(|entity| columns(column(entity)));
        widths.max().unwrap_or(0).min(width / 3)
    };
    let kinds = widest(|entity| entity.entity_type.as_str());
    let names = widest(|entity| &entity.name);
    let ids = widest(|entity| entity.entity_id.as_deref().unwrap_or("-"));
    let line = |entity: &EntitySummary| {
        let style = style_of(entity.entity_type);
        let cell = |text: &str, width| pad(&cut(text, width), width);
        let roles: Vec<&str> = entity.roles.iter().map(|role| role.title.as_str()).collect();
        let text = format!(
            "{}  {style}{}{style:#}  {}  {FAINT}{:.2} ×{}{FAINT:#}  {}",
            cell(entity.entity_type.as_str(), kinds),
            cell(&entity.name, names),
            cell(entity.entity_id.as_deref().unwrap_or("-"), ids),
            entity.salience,
            entity.mentions.len(),
            roles.join(", "),
        );
        text.trim_end().to_owned()
    };
    entities.iter().map(line).collect()
}

/// `INVESTMENT  agent 해오름전자 · amount 3억 원  2026-11  0.80 body 12..40`.
fn relation_line(relation: &Relation) -> String {
    let arguments: Vec<String> = relation
        .arguments
        .iter()
        .map(|argument| {
            let role = styled(FAINT, argument.role.as_str());
            format!("{role} {}", one_line(&argument.surface))
        })
        .collect();
    let date = relation.date.map(|date| format!("  {date}")).unwrap_or_default();
    let place = format!(
        "{:.2} {} {}..{}",
        relation.confidence,
        relation.evidence.field.as_str(),
        relation.evidence.span.start_code_point,
        relation.evidence.span.end_code_point
    );
    format!(
        "{}  {}{date}  {}",
        relation.relation_type.as_str(),
        arguments.join(" · "),
        styled(FAINT, &place)
    )
}

/// Text of an article without what could break the line or play tricks on a terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character == '\n' { ' ' } else { character })
        .filter(|character| !character.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gisa_article_model::{
        Argument, ArgumentRole, EntityType, PersonRole, RelationType, Span, TextField, TextRange, Topic,
    };

    fn range(start: u32, end: u32) -> TextRange {
        TextRange {
            field: TextField::Body,
            span: Span {
                start_byte: 3 * start,
                end_byte: 3 * end,
                start_code_point: start,
                end_code_point: end,
                start_utf16: start,
                end_utf16: end,
            },
        }
    }

    fn plain(lines: &[String]) -> Vec<String> {
        lines
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect()
    }

    #[test]
    fn entities_are_a_table() {
        let entity = |entity_type, name: &str, entity_id: Option<&str>, title: Option<&str>| EntitySummary {
            entity_type,
            name: name.into(),
            entity_id: entity_id.map(Into::into),
            mentions: vec![0, 2],
            salience: 0.5,
            roles: title
                .map(|title| PersonRole {
                    title: title.into(),
                    affiliation: None,
                    evidence: range(0, 2),
                })
                .into_iter()
                .collect(),
        };
        let entities = [
            entity(EntityType::Organization, "해오름전자", Some("org:haeoreum"), None),
            entity(EntityType::Person, "유나래", None, Some("대표")),
        ];
        assert_eq!(
            plain(&entity_lines(&entities, 100)),
            [
                "ORGANIZATION  해오름전자  org:haeoreum  0.50 ×2",
                "PERSON        유나래      -             0.50 ×2  대표",
            ]
        );
        assert!(entity_lines(&[], 100).is_empty());
    }

    #[test]
    fn relations_are_one_line_each() {
        let argument = |role, surface: &str| Argument {
            role,
            surface: surface.into(),
            place: range(0, 2),
            mention: None,
        };
        let relation = Relation {
            relation_type: RelationType::Launch,
            arguments: vec![
                argument(ArgumentRole::Agent, "해오름전자"),
                argument(ArgumentRole::Object, "새\n제품\u{1b}"),
            ],
            evidence: range(4, 20),
            date: None,
            confidence: 0.75,
        };
        assert_eq!(
            plain(&[relation_line(&relation)]),
            ["LAUNCH  agent 해오름전자 · object 새 제품  0.75 body 4..20"]
        );
    }

    #[test]
    fn unlikely_topics_are_left_out() {
        let score = |topic, score| TopicScore { topic, score };
        let topics = [
            score(Topic::Economy, 0.9),
            score(Topic::World, 0.07),
            score(Topic::Sports, 0.03),
        ];
        assert_eq!(topic_lines(&topics), ["경제 0.90 · 세계 0.07"]);
        assert!(topic_lines(&[]).is_empty());
    }
}
