//! An object in its text: the place of its members, and the style in which they are written.

use std::ops::Range;

use super::json;

/// An object and its place in the text.
pub(super) struct Object {
    pub(super) span: Range<usize>,
    pub(super) members: Vec<Member>,
}

pub(super) struct Member {
    pub(super) key: String,
    /// The end of the value before it, or of the opening brace.
    gap: usize,
    /// The place of the key's opening quotation mark.
    start: usize,
    pub(super) value: Range<usize>,
}

impl Object {
    pub(super) fn read(text: &str, span: Range<usize>) -> Option<Self> {
        let mut members: Vec<Member> = Vec::new();
        let mut gap = span.start + 1;
        for member in json::members(&text[span.clone()])? {
            let key = text[gap..].trim_start_matches([' ', '\t', '\r', '\n', ',']);
            let value = json::span(text, member.value);
            let (start, end) = (text.len() - key.len(), value.end);
            members.push(Member {
                key: member.key,
                gap,
                start,
                value,
            });
            gap = end;
        }
        Some(Self { span, members })
    }

    /// The style of its members; `None` if it has none.
    pub(super) fn style(&self, text: &str) -> Option<Style> {
        let last = self.members.last()?;
        let space = text[last.gap..last.start].rsplit(',').next()?;
        let head = &text[last.start..last.value.start];
        let key_end = head[..head.rfind(':')?].trim_ascii_end().len();
        let colon = Some(&head[key_end..]).filter(|colon| !colon.contains('\n'));
        let colon = colon.unwrap_or(": ");
        let space = match space.rfind('\n') {
            Some(at) => &space[at - usize::from(space[..at].ends_with('\r'))..],
            None if self.members.len() == 1 => colon.split(':').next_back()?,
            None => space,
        };
        let (space, colon) = (space.to_owned(), colon.to_owned());
        Some(Style { space, colon })
    }

    pub(super) fn append(&self, text: &mut String, style: &Style, key: &str, value: &str) {
        let last = self.members.last().map(|last| last.value.end);
        let Style { space, colon } = style;
        let member = format!(",{space}{key}{colon}{value}");
        text.insert_str(last.unwrap_or(self.span.start + 1), &member);
    }

    pub(super) fn remove(&self, text: &mut String, index: usize) {
        let range = match (index.checked_sub(1), self.members.get(index + 1)) {
            (Some(before), _) => self.members[before].value.end..self.members[index].value.end,
            (None, Some(next)) => self.members[index].start..next.start,
            (None, None) => self.span.start + 1..self.span.end - 1,
        };
        text.replace_range(range, "");
    }
}

/// The style in which the members of an object are written.
pub(super) struct Style {
    /// What stands between a comma and the next key.
    space: String,
    colon: String,
}

impl Style {
    /// An object with one member, as the value of a member in this style.
    pub(super) fn nested(&self, key: &str, value: &str) -> String {
        let Self { space, colon } = self;
        if !space.contains('\n') {
            return format!("{{{key}{colon}{value}}}");
        }
        let indentation = space.trim_start_matches(['\r', '\n']);
        format!("{{{space}{indentation}{key}{colon}{value}{space}}}")
    }
}
