//! Measures the relations on the facts of the development articles, which are not part of the project.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Parser;
use gisa_article_model::{
    ArgumentRole, EntityType, Mention, OffsetMap, Relation, RelationType, TaggerLayer, TextField, ZonedTime,
};
use gisa_entity_tagging::{
    relations::find_relations,
    salience,
    tagger::{Tagger, TextToTag},
};
use gisa_tagging_training::facts::Fact;
use serde::Deserialize;

#[derive(Parser)]
struct Arguments {
    /// Folder of the development articles.
    #[arg(long, default_value = "../shared/data/articles-dev")]
    articles: PathBuf,
    /// Uses the mentions of the gold in place of the tagger's.
    #[arg(long)]
    gold_mentions: bool,
    /// Shows missed facts and relations that are no fact.
    #[arg(long)]
    errors: bool,
    /// Leaves out relations that are less likely.
    #[arg(long, default_value_t = 0.0)]
    least_confidence: f32,
}

#[derive(Deserialize)]
struct ArticleFile {
    published_at: String,
    title: String,
    body: String,
}

#[derive(Deserialize)]
struct FactFile {
    r#type: String,
    participants: Vec<ParticipantFile>,
    evidence: String,
}

#[derive(Deserialize)]
struct ParticipantFile {
    surface: String,
    role: String,
}

/// Facts found, relations found and facts wanted.
#[derive(Clone, Copy, Default)]
struct Counts {
    right: usize,
    found: usize,
    wanted: usize,
}

impl Counts {
    fn show(self, name: &str) {
        let ratio = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!(
            "{name:14} {:>6} {:>6} {:>6} {:>6.3} {:>6.3} {:>6.3}",
            self.wanted,
            self.found,
            self.right,
            ratio(self.right, self.found),
            ratio(self.right, self.wanted),
            ratio(2 * self.right, self.found + self.wanted)
        );
    }
}

/// Confidences are counted in steps.
const STEPS: [f32; 6] = [0.0, 0.4, 0.55, 0.7, 0.85, 1.01];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let tagger = if arguments.gold_mentions {
        None
    } else {
        Some(Tagger::built_in()?)
    };
    let mut by_type: BTreeMap<RelationType, Counts> = BTreeMap::new();
    let mut reliability = [(0usize, 0usize); STEPS.len()];
    for name in names(&arguments.articles)? {
        let article: ArticleFile = read(&arguments.articles, "articles", &name)?;
        let facts = facts(&arguments.articles, &name, &article.body)?;
        let published_at = format!("{}T09:00:00+09:00", article.published_at);
        let text = TextToTag {
            title: &article.title,
            subtitle: "",
            body: &article.body,
            published_at: ZonedTime::in_korea(published_at.parse()?),
        };
        let mentions = match &tagger {
            Some(tagger) => tagger.tag(&text).mentions,
            None => gold_mentions(&arguments.articles, &name, &article)?,
        };
        let mut relations = find_relations(&text, &mentions);
        relations.retain(|relation| relation.confidence >= arguments.least_confidence);
        let pairs = pair(&facts, &relations);
        for (relation, is_right) in relations.iter().zip(&pairs.is_right) {
            let counts = by_type.entry(relation.relation_type).or_default();
            counts.found += 1;
            counts.right += usize::from(*is_right);
            let step = STEPS
                .iter()
                .rposition(|&least| relation.confidence >= least)
                .unwrap_or(0);
            reliability[step].0 += usize::from(*is_right);
            reliability[step].1 += 1;
            if arguments.errors && !is_right {
                println!("{name}\textra\t{}", describe(relation, &article.body));
            }
        }
        for (fact, is_found) in facts.iter().zip(&pairs.is_found) {
            by_type.entry(fact.relation_type).or_default().wanted += 1;
            if arguments.errors && !is_found {
                let evidence = &article.body[fact.evidence.clone()];
                println!(
                    "{name}\tmissed\t{:?}\t{:?}\t| {evidence}",
                    fact.relation_type, fact.participants
                );
            }
        }
    }
    println!("type             gold  found  right      P      R     F1");
    let mut all = Counts::default();
    for (relation_type, counts) in by_type {
        counts.show(relation_type.as_str());
        all.right += counts.right;
        all.found += counts.found;
        all.wanted += counts.wanted;
    }
    all.show("all");
    println!("\nconfidence  relations  right");
    for (window, (right, found)) in STEPS.windows(2).zip(reliability) {
        let share = right as f64 / found.max(1) as f64;
        println!(
            "{:.2}-{:.2}  {found:>9}  {share:.3}",
            window[0],
            window[1].min(1.0)
        );
    }
    Ok(())
}

/// Which facts were found and which relations are facts; each fact goes to one relation.
struct Pairs {
    is_found: Vec<bool>,
    is_right: Vec<bool>,
}

fn pair(facts: &[Fact], relations: &[Relation]) -> Pairs {
    let mut is_found = vec![false; facts.len()];
    let is_right = relations
        .iter()
        .map(|relation| {
            let fact = (0..facts.len()).find(|&fact| !is_found[fact] && facts[fact].is(relation));
            if let Some(fact) = fact {
                is_found[fact] = true;
            }
            fact.is_some()
        })
        .collect();
    Pairs { is_found, is_right }
}

fn describe(relation: &Relation, body: &str) -> String {
    let arguments: Vec<String> = relation
        .arguments
        .iter()
        .map(|argument| format!("{}={}", argument.role.as_str(), argument.surface))
        .collect();
    format!(
        "{}\t{:.2}\t{}\t| {}",
        relation.relation_type.as_str(),
        relation.confidence,
        arguments.join("; "),
        relation.evidence.span.slice(body).unwrap_or_default()
    )
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        fs::read_dir(folder.join("facts")).with_context(|| format!("reading {}", folder.display()))?
    {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn read<T: serde::de::DeserializeOwned>(folder: &Path, part: &str, name: &str) -> anyhow::Result<T> {
    let path = folder.join(part).join(format!("{name}.json"));
    let file = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_slice(&file)?)
}

fn facts(folder: &Path, name: &str, body: &str) -> anyhow::Result<Vec<Fact>> {
    let files: Vec<FactFile> = read(folder, "facts", name)?;
    files
        .into_iter()
        .map(|file| {
            let relation_type = RelationType::parse(&file.r#type)
                .with_context(|| format!("{name}: {} is no type of relation", file.r#type))?;
            let participants = file.participants.into_iter().map(|participant| {
                let role = ArgumentRole::parse(&participant.role)
                    .with_context(|| format!("{name}: {} is no role", participant.role))?;
                Ok((role, participant.surface))
            });
            let start = body
                .find(&file.evidence)
                .with_context(|| format!("{name}: the body does not say: {}", file.evidence))?;
            Ok(Fact {
                relation_type,
                participants: participants.collect::<anyhow::Result<_>>()?,
                evidence: start..start + file.evidence.len(),
            })
        })
        .collect()
}

/// The mentions of the gold, without values, with the salience that the tagger would give them.
fn gold_mentions(folder: &Path, name: &str, article: &ArticleFile) -> anyhow::Result<Vec<Mention>> {
    let file = fs::read_to_string(folder.join(format!("gold/{name}.offsets.tsv")))?;
    let mut mentions = Vec::new();
    for line in file.lines().filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [field, start, end, surface, label, _] = columns[..] else {
            anyhow::bail!("a gold line of {name} has not six columns");
        };
        let (field, text) = match field {
            "title" => (TextField::Title, &article.title),
            _ => (TextField::Body, &article.body),
        };
        let byte = |position: &str| -> anyhow::Result<usize> {
            let position: usize = position.parse()?;
            Ok(text
                .char_indices()
                .nth(position)
                .map_or(text.len(), |(byte, _)| byte))
        };
        let span = OffsetMap::new(text).span(text, byte(start)?, byte(end)?);
        mentions.push(Mention {
            field,
            span: span.with_context(|| format!("{name}: {surface} is not in the text"))?,
            surface: surface.to_owned(),
            entity_type: EntityType::parse(label).with_context(|| format!("{name}: {label} is no type"))?,
            value: None,
            link: Some(gisa_article_model::EntityLink::default()),
            confidence: 1.0,
            salience: 0.0,
            layer: TaggerLayer::Dictionary,
        });
    }
    salience::assign(&mut mentions, article.body.len());
    Ok(mentions)
}
