//! Label sets: which types a model tells apart. A label is 0 for outside, `1 + 2 · type` for the first character of a
//! mention and `2 + 2 · type` for the others (IOB2).

use gisa_article_model::EntityType;

/// The types of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The five types of names that the service's model finds.
    Names,
    /// All eleven types of the project.
    Gisa,
    /// KLUE-NER: PS LC OG DT TI QT.
    Klue,
}

impl Task {
    /// Names of the types, in the order of their numbers.
    pub fn types(self) -> &'static [&'static str] {
        match self {
            Self::Names => &["PERSON", "ORGANIZATION", "LOCATION", "PRODUCT", "EVENT"],
            Self::Gisa => &[
                "PERSON",
                "ORGANIZATION",
                "LOCATION",
                "PRODUCT",
                "EVENT",
                "DATE",
                "TIME",
                "DURATION",
                "MONEY",
                "PERCENT",
                "QUANTITY",
            ],
            Self::Klue => &["PS", "LC", "OG", "DT", "TI", "QT"],
        }
    }

    /// How many labels there are.
    pub fn labels(self) -> usize {
        1 + 2 * self.types().len()
    }

    /// The number of a type.
    pub fn number(self, name: &str) -> Option<u8> {
        let position = self.types().iter().position(|known| *known == name)?;
        u8::try_from(position).ok()
    }
}

/// The project's type that a fine type of the konec corpus stands for, if any.
pub fn gisa_type_of_konec(fine: &str) -> Option<EntityType> {
    use EntityType::{
        Date, Duration, Event, Location, Money, Organization, Percent, Person, Product, Quantity, Time,
    };
    let entity_type = match fine {
        "DT_DURATION" | "TI_DURATION" => Duration,
        "DT_DAY" | "DT_WEEK" | "DT_MONTH" | "DT_YEAR" | "DT_SEASON" | "DT_OTHERS" => Date,
        "TI_HOUR" | "TI_MINUTE" | "TI_SECOND" | "TI_OTHERS" => Time,
        "QT_PRICE" => Money,
        "QT_PERCENTAGE" => Percent,
        "QT_COUNT" | "QT_MAN_COUNT" | "QT_SIZE" | "QT_LENGTH" | "QT_WEIGHT" | "QT_SPEED"
        | "QT_TEMPERATURE" | "QT_VOLUME" | "QT_OTHERS" => Quantity,
        "AF_BUILDING" | "AF_CULTURAL_ASSET" | "AF_ROAD" => Location,
        "AFW_SERVICE_PRODUCTS"
        | "AFW_OTHER_PRODUCTS"
        | "AF_TRANSPORT"
        | "AF_WEAPON"
        | "AFA_VIDEO"
        | "TMI_HW"
        | "TMI_SW"
        | "TMI_MODEL"
        | "TMI_SERVICE"
        | "TMM_DRUG" => Product,
        _ if fine.starts_with("PS_") => Person,
        _ if fine.starts_with("OGG_") => Organization,
        _ if fine.starts_with("LC") => Location,
        _ if fine.starts_with("EV_") => Event,
        _ => return None,
    };
    Some(entity_type)
}
