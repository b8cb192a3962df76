//! Documents made at random, of everything that two canonicalizations could differ about.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

/// A document, one element of which is marked by an attribute `pick`, perhaps one below it by `cut`.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) text: String,
    pub(super) prefixes: Vec<String>,
}

#[derive(Debug, Clone)]
enum Node {
    Element(Tag, Vec<Node>),
    Text(Vec<&'static str>),
    Cdata(Vec<&'static str>),
}

#[derive(Debug, Clone)]
struct Tag {
    prefix: &'static str,
    local: &'static str,
    declared: BTreeMap<&'static str, &'static str>,
    attributes: BTreeMap<(&'static str, &'static str), Vec<&'static str>>,
    space: &'static str,
}

const PREFIXES: &[&str] = &["", "", "a", "b", "xs"];
const NAMESPACES: &[&str] = &["urn:a", "urn:b", "urn:z&#x41;", "http://x/?y=(2)#", "urn:a"];
const ODD_NAMESPACES: &[&str] =
    &["urn:a&amp;b", "urn:\"", "http://x/é", "urn: ", "relative", "urn:a\n", "urn:%", "urn:a#b#c"];
const LOCAL_NAMES: &[&str] = &["a", "b", "Z", "_c-d.1", "é", "lang"];
const INCLUSIVE: &[&str] = &["#default", "a", "b", "xs", "xml", "nowhere", "#default"];
const TEXT: &[&str] = &[
    "x",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\r",
    "&#13;",
    "&#xD;&#xA;",
    "&#9;",
    "&lt;",
    "&amp;",
    "&gt;",
    ">",
    "\"",
    "&quot;",
    "'",
    "é",
    "€",
    "\u{1f600}",
    "&#x1F600;",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "]]",
    "&#x7f;",
];
const CDATA: &[&str] = &["x", "<y>", "&amp;", "\n", "]]", "é", ">", "\""];
const VALUE: &[&str] = &[
    "x",
    " ",
    "  ",
    "&lt;",
    "&amp;",
    "&gt;",
    ">",
    "&quot;",
    "'",
    "é",
    "\u{1f600}",
    "&#x20;",
    "\u{85}",
    "=",
    "xmlns='urn:q'",
    "&#34;",
];
/// In an attribute: read alike by all when written like this, but refused by the gate.
const BREAKS: &[&str] = &["&#13;", "&#xA;", "&#9;"];

/// What is allowed, and with `odd` the constructs that the gate is there for.
#[derive(Clone, Copy)]
struct Choice {
    odd: bool,
}

impl Choice {
    /// One of these. Odd ones are rare: a document with two of them would be refused for either.
    fn one(self, plain: &[&'static str], odd_ones: &[&'static str]) -> BoxedStrategy<&'static str> {
        let plain = select(plain.to_vec());
        if self.odd && !odd_ones.is_empty() {
            prop_oneof![100 => plain, 1 => select(odd_ones.to_vec())].boxed()
        } else {
            plain.boxed()
        }
    }

    fn pieces(
        self,
        plain: &[&'static str],
        odd_ones: &[&'static str],
    ) -> impl Strategy<Value = Vec<&'static str>> + use<> {
        prop::collection::vec(self.one(plain, odd_ones), 0..4)
    }

    /// The empty name undeclares a default namespace; for a prefix that is odd.
    fn declaration(self) -> impl Strategy<Value = (&'static str, &'static str)> {
        let default = (Just(""), self.one(&[NAMESPACES, &["", ""]].concat(), ODD_NAMESPACES));
        let odd_ones = [ODD_NAMESPACES, &[""]].concat();
        prop_oneof![default, (select(PREFIXES), self.one(NAMESPACES, &odd_ones))]
    }

    fn local(self) -> BoxedStrategy<&'static str> {
        self.one(LOCAL_NAMES, &["b:c", ":d", "1e", "\u{301}f"])
    }

    fn tag(self) -> impl Strategy<Value = Tag> {
        let name = (select(vec!["", "", "a", "b", "xml"]), self.local());
        let value = if self.odd { VALUE.to_vec() } else { [VALUE, BREAKS].concat() };
        let attribute = (name, self.pieces(&value, &["\n", "\t", "\r\n", "&#10;"]));
        let parts = (
            (self.one(PREFIXES, &["xmlns"]), self.local()),
            prop::collection::vec(self.declaration(), 0..3),
            prop::collection::vec(attribute, 0..4),
            select(vec![" ", "\n\t", "\r\n"]),
        );
        parts.prop_map(|((prefix, local), declared, attributes, space)| Tag {
            prefix,
            local,
            declared: declared.into_iter().collect(),
            attributes: attributes.into_iter().collect(),
            space,
        })
    }

    fn node(self) -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            self.pieces(TEXT, &[]).prop_map(Node::Text),
            self.pieces(CDATA, &["\r\n", "\r"]).prop_map(Node::Cdata),
            self.tag().prop_map(|tag| Node::Element(tag, Vec::new())),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            (self.tag(), prop::collection::vec(inner, 0..6)).prop_map(|(tag, all)| Node::Element(tag, all))
        })
    }
}

/// A document; see [`Choice`].
pub(super) fn document(odd: bool) -> impl Strategy<Value = Made> {
    let choice = Choice { odd };
    let declaration = choice.one(
        &["", "", "<?xml version='1.0' encoding='UTF-8'?>\r\n"],
        &["<?xml version='1.1'?>", "<?xml version='1.0' encoding='ISO-8859-1'?>"],
    );
    let root = (choice.tag(), prop::collection::vec(choice.node(), 1..6));
    let marks = (any::<Index>(), any::<Index>(), any::<bool>());
    let prefixes = subsequence(INCLUSIVE.to_vec(), 0..=3);
    (declaration, root, marks, prefixes).prop_map(|(declaration, (tag, children), marks, prefixes)| {
        let root = Node::Element(tag, children);
        let (elements, (pick, cut, cuts)) = (root.elements(), marks);
        let pick = pick.index(elements);
        let cut = cuts.then(|| cut.index(elements)).filter(|cut| *cut > pick);
        let mut writer = Writer { text: declaration.to_owned(), written: 0, pick, cut };
        writer.write(&root, &BTreeSet::from(["", "xml", "xmlns"]));
        Made { text: writer.text, prefixes: prefixes.into_iter().map(str::to_owned).collect() }
    })
}

impl Node {
    fn elements(&self) -> usize {
        match self {
            Self::Element(_, children) => 1 + children.iter().map(Node::elements).sum::<usize>(),
            _ => 0,
        }
    }
}

struct Writer {
    text: String,
    written: usize,
    pick: usize,
    cut: Option<usize>,
}

impl Writer {
    /// Writes a node where these prefixes are bound; one that isn't bound yet is declared where it is used.
    fn write(&mut self, node: &Node, bound: &BTreeSet<&'static str>) {
        match node {
            Node::Text(pieces) => self.text.push_str(&pieces.concat().replace("]]>", "")),
            Node::Cdata(pieces) => {
                self.text.push_str(&format!("<![CDATA[{}]]>", pieces.concat().replace("]]>", "")));
            }
            Node::Element(tag, children) => {
                let mut declared = tag.declared.clone();
                let used = tag.attributes.keys().map(|(prefix, _)| *prefix).chain([tag.prefix]);
                for prefix in used.filter(|prefix| !bound.contains(prefix)) {
                    declared.entry(prefix).or_insert("urn:b");
                }
                let name = qualified(tag.prefix, tag.local);
                self.text.push_str(&format!("<{name}"));
                let (mark, number) = (tag.space, self.written);
                self.written += 1;
                // Attributes before declarations and out of order: canonical text sorts both.
                for ((prefix, local), value) in tag.attributes.iter().rev() {
                    self.text.push_str(&format!("{mark}{}=\"{}\"", qualified(prefix, local), value.concat()));
                }
                if number == self.pick {
                    self.text.push_str(" pick = ''");
                }
                if Some(number) == self.cut {
                    self.text.push_str(" cut=''");
                }
                for (prefix, name) in declared.iter().rev() {
                    let declaration =
                        if prefix.is_empty() { "xmlns".into() } else { format!("xmlns:{prefix}") };
                    self.text.push_str(&format!("{mark}{declaration}='{name}'"));
                }
                if children.is_empty() {
                    return self.text.push_str("/>");
                }
                self.text.push('>');
                let bound = bound.iter().copied().chain(declared.into_keys()).collect();
                children.iter().for_each(|child| self.write(child, &bound));
                self.text.push_str(&format!("</{name}\n>"));
            }
        }
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}
