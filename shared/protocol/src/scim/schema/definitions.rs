//! The attributes themselves. Descriptions are for `/Schemas`, which admins read in their provider's mapping.

use super::Mutability::{Immutable, ReadOnly, ReadWrite};
use super::{Attribute, Type};

const fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute {
        name,
        description,
        kind: Type::Text,
        multi: false,
        case_exact: false,
        required: false,
        mutability: ReadWrite,
        always: false,
        unique: false,
        canonical: &[],
        references: &[],
        sub: &[],
    }
}

const fn boolean(name: &'static str, description: &'static str) -> Attribute {
    Attribute { kind: Type::Boolean, ..text(name, description) }
}

const fn reference(name: &'static str, description: &'static str, to: &'static [&'static str]) -> Attribute {
    Attribute { kind: Type::Reference, case_exact: true, references: to, ..text(name, description) }
}

const fn complex(name: &'static str, description: &'static str, sub: &'static [Attribute]) -> Attribute {
    Attribute { kind: Type::Complex, sub, ..text(name, description) }
}

const fn many(name: &'static str, description: &'static str, sub: &'static [Attribute]) -> Attribute {
    Attribute { multi: true, ..complex(name, description, sub) }
}

const fn kinds(canonical: &'static [&'static str]) -> Attribute {
    Attribute { canonical, ..text("type", "What the value is for.") }
}

const VALUE: Attribute = text("value", "The value.");
const DISPLAY: Attribute = text("display", "The value as people read it.");
const PRIMARY: Attribute = boolean("primary", "Whether it is the preferred one; at most one is.");
/// A value of which the provider defines the kinds, if it has any.
const PLAIN: &[Attribute] = &[VALUE, DISPLAY, text("type", "What the value is for."), PRIMARY];

const NAME: &[Attribute] = &[
    text("formatted", "The whole name as it is shown."),
    text("familyName", "Last name."),
    text("givenName", "First name."),
    text("middleName", "Middle names."),
    text("honorificPrefix", "What stands before the name."),
    text("honorificSuffix", "What stands behind the name."),
];

const EMAILS: &[Attribute] =
    &[text("value", "The address."), DISPLAY, kinds(&["work", "home", "other"]), PRIMARY];

const PHONE_NUMBERS: &[Attribute] = &[
    text("value", "The number."),
    DISPLAY,
    kinds(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    text("value", "The address."),
    DISPLAY,
    kinds(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    reference("value", "Where the picture is.", &["external"]),
    DISPLAY,
    kinds(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    text("formatted", "The whole address as it is shown."),
    text("streetAddress", "Street and house."),
    text("locality", "City."),
    text("region", "State or region."),
    text("postalCode", "Postal code."),
    text("country", "Country, as ISO 3166-1 alpha-2."),
    kinds(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute { mutability: ReadOnly, case_exact: true, ..text("value", "The group's id.") },
    Attribute { mutability: ReadOnly, ..reference("$ref", "Where the group is.", &["Group"]) },
    Attribute { mutability: ReadOnly, ..text("display", "The group's name.") },
    Attribute { mutability: ReadOnly, ..kinds(&["direct"]) },
];

const CERTIFICATES: &[Attribute] = &[
    Attribute { kind: Type::Binary, case_exact: true, ..text("value", "The certificate: DER, in base 64.") },
    DISPLAY,
    text("type", "What the value is for."),
    PRIMARY,
];

const MANAGER: &[Attribute] = &[
    text("value", "The manager's id."),
    reference("$ref", "Where the manager is.", &["User"]),
    Attribute { mutability: ReadOnly, ..text("displayName", "The manager's name.") },
];

const MEMBERS: &[Attribute] = &[
    Attribute { mutability: Immutable, case_exact: true, ..text("value", "The user's id.") },
    Attribute { mutability: Immutable, ..reference("$ref", "Where the user is.", &["User"]) },
    Attribute { mutability: Immutable, ..text("display", "The user's name.") },
    Attribute { mutability: Immutable, ..kinds(&["User"]) },
];

const EXTERNAL_ID: Attribute = Attribute {
    case_exact: true,
    ..text("externalId", "The identity provider's own id; unique within the directory.")
};

/// The attributes of a user. `password` is taken and dropped, so it isn't one of them.
pub(in crate::scim) static USER_ATTRIBUTES: &[Attribute] = &[
    EXTERNAL_ID,
    Attribute {
        required: true,
        unique: true,
        ..text(
            "userName",
            "The name by which the user signs in; unique within the directory without regard to case.",
        )
    },
    complex("name", "The parts of the name.", NAME),
    text("displayName", "The name as it is shown."),
    text("nickName", "What the user is called."),
    reference("profileUrl", "Where the user shows themselves.", &["external"]),
    text("title", "Job title."),
    text("userType", "How the user belongs to the organization."),
    text("preferredLanguage", "The language that the user prefers, as in Accept-Language."),
    text("locale", "Where the user is at home, as a language tag."),
    text("timezone", "The time zone, as in the tz database."),
    boolean("active", "Whether the user may sign in."),
    many("emails", "E-mail addresses.", EMAILS),
    many("phoneNumbers", "Telephone numbers.", PHONE_NUMBERS),
    many("ims", "Addresses of instant messengers.", IMS),
    many("photos", "Pictures.", PHOTOS),
    many("addresses", "Postal addresses.", ADDRESSES),
    Attribute { mutability: ReadOnly, ..many("groups", "The groups that the user is a member of.", GROUPS) },
    many("entitlements", "What the user is entitled to.", PLAIN),
    many("roles", "The user's roles.", PLAIN),
    many("x509Certificates", "Certificates.", CERTIFICATES),
];

/// The attributes of the enterprise extension (RFC 7643 §4.3).
pub(in crate::scim) static ENTERPRISE_ATTRIBUTES: &[Attribute] = &[
    text("employeeNumber", "The number by which the employer knows the user."),
    text("costCenter", "Cost center."),
    text("organization", "Organization."),
    text("division", "Division."),
    text("department", "Department."),
    complex("manager", "The user's manager.", MANAGER),
];

/// The attributes of a group.
pub(in crate::scim) static GROUP_ATTRIBUTES: &[Attribute] = &[
    EXTERNAL_ID,
    Attribute { required: true, ..text("displayName", "The group's name.") },
    many("members", "The users who are members. Groups can't be.", MEMBERS),
];

const META: &[Attribute] = &[
    Attribute { mutability: ReadOnly, case_exact: true, ..text("resourceType", "The kind of resource.") },
    Attribute { mutability: ReadOnly, kind: Type::DateTime, ..text("created", "When it was made.") },
    Attribute { mutability: ReadOnly, kind: Type::DateTime, ..text("lastModified", "When it last changed.") },
    Attribute { mutability: ReadOnly, ..reference("location", "Where it is.", &["uri"]) },
    Attribute { mutability: ReadOnly, case_exact: true, ..text("version", "Its version, as an entity tag.") },
];

/// What every resource has (RFC 7643 §3.1); not a part of its schema.
pub(in crate::scim) static COMMON_ATTRIBUTES: &[Attribute] = &[
    Attribute { mutability: ReadOnly, case_exact: true, always: true, ..text("id", "The id.") },
    Attribute { mutability: ReadOnly, ..complex("meta", "About the resource.", META) },
    Attribute { multi: true, always: true, ..reference("schemas", "The schemas.", &["uri"]) },
];
