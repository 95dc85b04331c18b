//! A strict reader of XML: one root, names that match, no entity but the five,
//! no character that XML forbids.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// An element and what is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes in order.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its text, without that of its children.
    pub(crate) text: String,
    /// Its children in order.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a whole document.
    pub(crate) fn read(xml: &str) -> Self {
        let forbidden =
            |c: char| c < ' ' && !"\t\n\r".contains(c) || "\u{fffe}\u{ffff}".contains(c);
        assert!(!xml.contains(forbidden), "{:?}", xml.find(forbidden));
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => open.push(Self::of(&tag)),
                Event::Empty(tag) => open.last_mut().unwrap().children.push(Self::of(&tag)),
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Text(text) => {
                    let text = text.xml_content(XmlVersion::Explicit1_0);
                    open.last_mut().unwrap().text.push_str(&text);
                }
                Event::GeneralRef(name) => {
                    let c = match name.resolve_char_ref().unwrap() {
                        Some(c) => c,
                        None => match &*name.into_inner() {
                            "amp" => '&',
                            "lt" => '<',
                            "gt" => '>',
                            "quot" => '"',
                            "apos" => '\'',
                            other => panic!("&{other};"),
                        },
                    };
                    open.last_mut().unwrap().text.push(c);
                }
                Event::Eof => break,
                Event::Decl(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open.len(), 1, "an element is not closed");
        let mut top = open.remove(0);
        assert_eq!(top.children.len(), 1, "there is one root");
        assert_eq!(top.text.trim(), "", "and nothing beside it");
        top.children.remove(0)
    }

    fn of(tag: &quick_xml::events::BytesStart<'_>) -> Self {
        let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
            let value = attribute.normalized_value(XmlVersion::Explicit1_0);
            (
                attribute.key.as_ref().to_owned(),
                value.unwrap().into_owned(),
            )
        };
        Self {
            name: tag.name().as_ref().to_owned(),
            attributes: tag.attributes().map(|a| attribute(a.unwrap())).collect(),
            ..Self::default()
        }
    }

    /// An attribute that must be there.
    #[track_caller]
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(n, _)| n == name);
        &found
            .unwrap_or_else(|| panic!("no {name}: {:?}", self.attributes))
            .1
    }

    /// The names of the attributes in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.attributes.iter().map(|(name, _)| &**name).collect()
    }

    /// The children of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}
