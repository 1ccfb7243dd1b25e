//! The command line as types.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anstream::ColorChoice;
use clap::{
    Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser as _,
};
use clap_complete::Shell;
use gisa_article_model::{EntityType, Topic, ZonedTime};

use crate::article_file::{Format, parse_published_at};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  some articles were refused or not tagged, or the operation failed or was cancelled
  2  wrong usage
  3  the server cannot be reached or is not ready
  4  not found: no such article, entity or retag, or the article was retracted or withheld

Data goes to standard output, everything else to standard error. `gisa demo` shows it all without a server.";

const INGEST_KEYS: &str = "\
Keys of an article in JSON and NDJSON; `title` and `body` are required:
  title, subtitle, body, section, language, url, copyright
  source          publisher; default `unknown`, or --source
  id, external_id the publisher's own id, a string or an integer
  article_id      id in Gisa; derived from external_id, url or the text when absent
  authors         array of names, or of objects with `name` and `email`
  published_at    RFC 3339, or in Korean time `2026-11-02 09:30` or `2026-11-02`; when absent: --published-at, or
                  the time of acceptance for a new article and the date on record for a known one
  status          usable, corrected, withheld or retracted; a retraction needs no text
  reason          why it was corrected, withheld or retracted
Other keys are ignored with one warning for each.

Repeating an ingest is safe: what is on record already is `unchanged`.";

const TAG_OUTPUT: &str = "\
Reads the same files as `gisa ingest`; only one of title, subtitle and body is needed. Texts must be NFC-normalised,
because offsets count in the text as given.

With --output json, one line an article:
  {\"id\":12,\"mentions\":[{\"field\":\"title\",\"start\":0,\"end\":3,\"surface\":\"...\",\"type\":\"ORGANIZATION\",
   \"value\":null,\"entity_id\":\"org:...\",\"confidence\":0.9,\"layer\":\"dictionary\"}],
   \"topics\":[{\"topic\":\"...\",\"score\":0.8}],
   \"entities\":[{\"type\":\"PERSON\",\"name\":\"...\",\"entity_id\":null,\"mentions\":[0,4],\"salience\":0.9,
     \"roles\":[{\"title\":\"...\",\"affiliation\":2,\"evidence\":{\"field\":\"body\",\"start\":0,\"end\":9}}]}],
   \"relations\":[{\"type\":\"HIRE\",\"arguments\":[{\"role\":\"agent\",\"surface\":\"...\",\"mention\":2,
     \"place\":{\"field\":\"body\",\"start\":0,\"end\":3}}],\"evidence\":{\"field\":\"body\",\"start\":0,\"end\":40},
     \"date\":null,\"confidence\":0.7}]}
`mentions`, `affiliation` and `mention` count in the list of mentions, from 0. With --explain each object also has
`explanation`: for each mention what the layers proposed and what decided, and the proposals that led to none.
Offsets are in Unicode code points, the end exclusive. `id` is the `id` of the article as given, else its
`external_id` or `article_id`, else null.";

/// Korean news as queryable, watchable, tagged articles.
#[derive(Debug, Parser)]
#[command(name = "gisa", version, after_help = EXIT_CODES, propagate_version = true, max_term_width = 100)]
pub struct CommandLine {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct GlobalArguments {
    /// Address of the service
    #[arg(
        long,
        global = true,
        env = "GISA_SERVER",
        default_value = "http://127.0.0.1:7700",
        value_name = "URL",
        help_heading = "Global options"
    )]
    pub server: String,
    /// Form of the results
    #[arg(
        long,
        global = true,
        default_value = "table",
        value_name = "FORM",
        help_heading = "Global options"
    )]
    pub output: OutputForm,
    /// How long one call may take, for example `5s` or `1m`
    #[arg(
        long,
        global = true,
        default_value = "30s",
        value_name = "DURATION",
        value_parser = parse_duration,
        help_heading = "Global options"
    )]
    pub timeout: Duration,
    /// Colours; `auto` looks at the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(
        long,
        global = true,
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: Color,
}

/// Form of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// For people.
    Table,
    /// For programs: one JSON object a line.
    Json,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See it work: the whole pipeline in a temporary directory, with sample articles
    Demo,
    /// Run the three services in this process, with their data in one directory
    Dev(DevArguments),
    /// Send articles from files
    #[command(after_help = INGEST_KEYS)]
    Ingest(IngestArguments),
    /// Show one article with its mentions, entities, relations and topics
    Get(GetArguments),
    /// Search articles
    Search(SearchArguments),
    /// Follow articles as they appear, change and disappear
    Watch(WatchArguments),
    /// Retract an article for good
    Retract(RetractArguments),
    /// Read and change the dictionary of a running service
    #[command(subcommand)]
    Entity(EntityCommand),
    /// Tag articles again, with the newest dictionary, beside the live ones
    #[command(subcommand)]
    Retag(RetagCommand),
    /// Tag articles from files, without a server
    #[command(after_help = TAG_OUTPUT)]
    Tag(TagArguments),
    /// See what could not be tagged, and replay or discard it; --server is the tagging service
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Look at the index of a query process, and rebuild it
    #[command(subcommand)]
    Index(IndexCommand),
    /// Create, check and look at the streams in NATS
    #[command(subcommand)]
    Streams(StreamsCommand),
    /// Print a completion script
    Completions(CompletionsArguments),
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List letters, oldest first
    List(DeadLettersListArguments),
    /// Show one letter with the message that it is about
    Show(DeadLettersShowArguments),
    /// Tag the messages again; a letter whose message fails again stays open
    Replay(DeadLettersResolveArguments),
    /// Give the messages up for good
    Discard(DeadLettersResolveArguments),
}

/// Flags of `gisa dead-letters list`.
#[derive(Debug, Args)]
pub struct DeadLettersListArguments {
    /// Also those that were replayed or discarded
    #[arg(long)]
    pub resolved: bool,
}

/// Flags of `gisa dead-letters show`.
#[derive(Debug, Args)]
pub struct DeadLettersShowArguments {
    /// Id of the letter, for example ARTICLES.17
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Flags of `gisa dead-letters replay` and `discard`.
#[derive(Debug, Args)]
pub struct DeadLettersResolveArguments {
    /// Ids of letters, for example ARTICLES.17
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<String>,
    /// All open letters
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Only try whether it would succeed; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What to do with the index of the query process that --server names; each replica has its own.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Show how far the index is, what it holds, and the rebuild that runs
    Status,
    /// Build the index again from the log, and wait until it has taken over
    ///
    /// The index that is there answers until then. The rebuild goes on when this command is stopped; a restart of the
    /// process gives it up.
    Rebuild(IndexRebuildArguments),
}

/// Flags of `gisa index rebuild`.
#[derive(Debug, Args)]
pub struct IndexRebuildArguments {
    /// Rebuild even if the index has articles that the log does not keep any more; they are forgotten
    #[arg(long)]
    pub forget_compacted: bool,
}

/// What to do with the streams. Settings are those of `gisa-entity-tagging`: defaults, then the file, then GISA_*
/// variables (nats.servers is GISA_NATS__SERVERS), then --set.
#[derive(Debug, Subcommand)]
pub enum StreamsCommand {
    /// Bring streams and durable consumers to their definition
    ///
    /// What is missing is created, safe settings are changed, and what would lose messages is refused by name. Repeating
    /// it changes nothing.
    Apply(StreamsApplyArguments),
    /// Show how full the streams are and how far their consumers have come
    Status(SettingsArguments),
}

/// Flags of `gisa streams apply`.
#[derive(Debug, Args)]
pub struct StreamsApplyArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub settings: SettingsArguments,
    /// Also shorten nats.max_age_days when that drops messages
    #[arg(long)]
    pub drop_aged: bool,
}

/// Where the settings of a service are.
#[derive(Debug, Args)]
pub struct SettingsArguments {
    /// Settings file of gisa-entity-tagging in TOML
    #[arg(long, value_name = "FILE", env = "GISA_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting, for example `--set nats.servers=nats://nats:4222`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
}

/// Flags of `gisa dev`.
#[derive(Debug, Args)]
pub struct DevArguments {
    /// Directory of the event log and the index; made if it is missing [default: gisa-data]
    #[arg(long, value_name = "DIRECTORY")]
    pub data_dir: Option<PathBuf>,
    /// Address of the gRPC port [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Settings file in TOML
    #[arg(long, value_name = "FILE", env = "GISA_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting, for example `--set logging.level=debug`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Print the effective settings as TOML and exit
    #[arg(long)]
    pub print_config: bool,
}

/// Flags of `gisa ingest`.
#[derive(Debug, Args)]
pub struct IngestArguments {
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Format of the files
    #[arg(long, default_value = "auto")]
    pub format: Format,
    /// Publisher of articles that name none
    #[arg(long)]
    pub source: Option<String>,
    /// Publication time of articles that have none
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub published_at: Option<ZonedTime>,
    /// Wait until what was written is visible to queries (with more than 1,024 articles: until the last 1,024 are)
    #[arg(long)]
    pub wait: bool,
    /// How long to go on trying when the server or its log is unavailable. The first connection is only tried once,
    /// unless this is given [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub retry_for: Option<Duration>,
}

/// Flags of `gisa get`.
#[derive(Debug, Args)]
pub struct GetArguments {
    /// Id of the article
    #[arg(value_name = "ID")]
    pub article_id: String,
    /// Which revision; the latest by default
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub revision: u32,
    /// Wait until the answer includes the write that returned this token
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TOKEN")]
    pub write_token: String,
}

/// Which articles; conditions of different kinds must all hold, of one kind any will do.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArguments {
    /// Articles that mention this entity of the dictionary, for example `org:naver-cloud`; may be repeated
    #[arg(long = "entity", value_name = "ENTITY_ID")]
    pub entities: Vec<String>,
    /// Articles that mention this name as written, for example `네이버클라우드`; may be repeated
    #[arg(long = "surface", value_name = "NAME")]
    pub surfaces: Vec<String>,
    /// Articles with a mention of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = entity_type_parser(), ignore_case = true)]
    pub types: Vec<EntityType>,
    /// Articles of this publisher; may be repeated
    #[arg(long = "source", value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Articles of this section, for example `경제`; may be repeated
    #[arg(long = "section", value_name = "SECTION")]
    pub sections: Vec<String>,
    /// Articles whose best topic is this one; may be repeated
    #[arg(long = "topic", value_name = "TOPIC", value_parser = topic_parser())]
    pub topics: Vec<Topic>,
    /// Published at or after this time; a date is the start of its day in Korea
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub from: Option<ZonedTime>,
    /// Published before this time; a date is the start of its day in Korea
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub until: Option<ZonedTime>,
}

/// Flags of `gisa search`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// Words that must all occur, and phrases in double quotes; without any, all articles
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Which articles.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Order of the hits [default: relevance with a query, else newest]
    #[arg(long)]
    pub order: Option<Order>,
    /// Most hits to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Show all hits, however many
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// Wait until the answer includes the write that returned this token
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TOKEN")]
    pub write_token: String,
}

/// Order of search hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Best match first.
    Relevance,
    /// Newest publication first.
    Newest,
    /// Oldest publication first.
    Oldest,
}

/// Flags of `gisa watch`.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// Which articles.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Start with what happened since then, for example 1970-01-01 for everything; without it, with what happens from
    /// now on
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub since: Option<ZonedTime>,
    /// Go on after the event that carried this token; the filter must be the same
    #[arg(long, value_name = "TOKEN", conflicts_with = "since")]
    pub resume: Option<String>,
    /// Also show checkpoints
    #[arg(long)]
    pub checkpoints: bool,
    /// End after this many changes
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
}

/// Flags of `gisa retract`.
#[derive(Debug, Args)]
pub struct RetractArguments {
    /// Id of the article
    #[arg(value_name = "ID", required_unless_present_any = ["external_id", "url"])]
    pub article_id: Option<String>,
    /// Publisher of the article, with --external-id or --url [default: unknown]
    #[arg(long, conflicts_with = "article_id")]
    pub source: Option<String>,
    /// The publisher's own id of the article
    #[arg(long, value_name = "ID", conflicts_with_all = ["article_id", "url"])]
    pub external_id: Option<String>,
    /// Address of the article
    #[arg(long, conflicts_with = "article_id")]
    pub url: Option<String>,
    /// Why, told to watchers
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// What to do with the dictionary.
#[derive(Debug, Subcommand)]
pub enum EntityCommand {
    /// Write an entity, new or in the place of the one with this id
    Upsert(UpsertEntityArguments),
    /// Delete an entity; a built-in one comes back with an upsert
    Delete(DeleteEntityArguments),
    /// Show an entity
    Get {
        /// Id of the entity, for example `org:naver-cloud`
        #[arg(value_name = "ID")]
        id: String,
    },
    /// List entities by id
    List(ListEntitiesArguments),
}

/// Flags of `gisa entity upsert`.
#[derive(Debug, Args)]
pub struct UpsertEntityArguments {
    /// Id: `person:`, `org:`, `loc:`, `product:` or `event:`, which is the type, and lower-case words joined by hyphens
    #[arg(value_name = "ID")]
    pub id: String,
    /// The name that Korean news use first
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Another name; may be repeated. Aliases that are not given are removed
    #[arg(long = "alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// An id elsewhere, for example `krx=005930`; may be repeated. Those that are not given are removed
    #[arg(long = "external-id", value_name = "SCHEME=ID", value_parser = parse_external_id)]
    pub external_ids: Vec<(String, String)>,
    /// Only if the entity is still in the state with this etag
    #[arg(long, default_value = "", hide_default_value = true)]
    pub etag: String,
}

/// Flags of `gisa entity delete`.
#[derive(Debug, Args)]
pub struct DeleteEntityArguments {
    /// Id of the entity
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only if the entity is still in the state with this etag
    #[arg(long, default_value = "", hide_default_value = true)]
    pub etag: String,
}

/// Flags of `gisa entity list`.
#[derive(Debug, Args)]
pub struct ListEntitiesArguments {
    /// Entities whose id or one of whose names contains this
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// Entities of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = entity_type_parser(), ignore_case = true)]
    pub types: Vec<EntityType>,
    /// Only entities that are not as they are built in
    #[arg(long)]
    pub changed: bool,
    /// Most entities to show
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Show all entities, however many
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
}

/// What to do with retags.
#[derive(Debug, Subcommand)]
pub enum RetagCommand {
    /// Start one and show its progress; conditions of different kinds must all hold, of one kind any will do
    Start(StartRetagArguments),
    /// Show one
    Status {
        /// Id of the retag
        #[arg(value_name = "ID")]
        id: String,
        /// Show its progress until it ends
        #[arg(long)]
        follow: bool,
    },
    /// List them, the newest first
    List {
        /// Most retags to show
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Stop one; what is tagged stays so
    Cancel {
        /// Id of the retag
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Let one go on that was cancelled or failed, and show its progress
    Resume {
        /// Id of the retag
        #[arg(value_name = "ID")]
        id: String,
        /// Do not wait for its end
        #[arg(long)]
        detach: bool,
    },
}

/// Flags of `gisa retag start`.
#[derive(Debug, Args)]
pub struct StartRetagArguments {
    /// Articles with a name that this entity has or ever had; may be repeated
    #[arg(long = "entity", value_name = "ENTITY_ID")]
    pub entities: Vec<String>,
    /// The same for the entities that were changed after this version of the dictionary
    #[arg(long, value_name = "VERSION")]
    pub changed_after: Option<u64>,
    /// Articles of this publisher; may be repeated
    #[arg(long = "source", value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// This article; may be repeated
    #[arg(long = "article", value_name = "ID")]
    pub articles: Vec<String>,
    /// Published at or after this time; a date is the start of its day in Korea
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub from: Option<ZonedTime>,
    /// Published before this time; a date is the start of its day in Korea
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub until: Option<ZonedTime>,
    /// All articles
    #[arg(
        long,
        required_unless_present_any = ["entities", "changed_after", "sources", "articles", "from", "until"],
        conflicts_with_all = ["entities", "changed_after", "sources", "articles", "from", "until"]
    )]
    pub all: bool,
    /// An id that makes repeating the command safe; chosen by the server when absent
    #[arg(long, default_value = "", hide_default_value = true)]
    pub id: String,
    /// Do not wait for its end
    #[arg(long)]
    pub detach: bool,
}

/// Flags of `gisa tag`.
#[derive(Debug, Args)]
pub struct TagArguments {
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Format of the files
    #[arg(long, default_value = "auto")]
    pub format: Format,
    /// Publication time of articles that have none; relative dates refer to it [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_published_at)]
    pub published_at: Option<ZonedTime>,
    /// Show what each layer of the tagger proposed, and what decided
    #[arg(long)]
    pub explain: bool,
}

/// Flags of `gisa completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    pub shell: Shell,
}

fn parse_external_id(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(scheme, id)| (scheme.to_owned(), id.to_owned()))
        .ok_or_else(|| "must be SCHEME=ID".to_owned())
}

fn entity_type_parser() -> impl clap::builder::TypedValueParser<Value = EntityType> {
    let names = EntityType::ALL.iter().map(|entity_type| entity_type.as_str());
    PossibleValuesParser::new(names).try_map(|name| {
        EntityType::parse(&name.to_ascii_uppercase()).ok_or_else(|| format!("unknown type `{name}`"))
    })
}

fn topic_parser() -> impl clap::builder::TypedValueParser<Value = Topic> {
    let names = Topic::ALL.iter().map(|topic| topic.as_str());
    PossibleValuesParser::new(names)
        .try_map(|name| Topic::parse(&name).ok_or_else(|| format!("unknown topic `{name}`")))
}

/// Reads `30`, `30s`, `1m 30s` or `PT30S`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "use a number with a unit, for example 500ms, 30s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "-1s", "soon"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
