//! How wide a text is, by the font that is built in.

use std::sync::{Arc, OnceLock};

use usvg::fontdb;

use super::canvas::{FAMILY, Font, escape};
use crate::stats::memo::Memo;

/// The fonts that are built in, and no others: pictures look the same everywhere.
pub(crate) fn options() -> usvg::Options<'static> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
        fonts.load_font_data(notosans::BOLD_TTF.to_vec());
        fonts.set_sans_serif_family("Noto Sans");
        Arc::new(fonts)
    });
    usvg::Options { fontdb: Arc::clone(fonts), font_family: "Noto Sans".to_owned(), ..usvg::Options::default() }
}

/// How many pixels wide a text is. Pictures of one run have most of their texts in common.
pub(super) fn text_width(text: &str, font: Font) -> f64 {
    thread_local! {
        static LAST: Memo<(u64, bool, String), f64, 512> = const { Memo::new() };
    }
    if text.trim().is_empty() {
        return 0.0;
    }
    let asked = (font.size.to_bits(), font.bold, text.to_owned());
    LAST.with(|last| last.answer(asked, |_| measured(text, font)))
}

fn measured(text: &str, font: Font) -> f64 {
    let (weight, size, text) = (if font.bold { "bold" } else { "normal" }, font.size, escape(text));
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">\
         <text font-family=\"{FAMILY}\" font-weight=\"{weight}\" font-size=\"{size}\">{text}</text></svg>"
    );
    let drawn = usvg::Tree::from_str(&picture, &options()).ok();
    let width = drawn.as_ref().and_then(|tree| tree.root().children().first()).map(usvg::Node::abs_bounding_box);
    // Letters that the font lacks are not drawn here but take room elsewhere: 0.57 em, the mean of Noto Sans.
    width.map_or_else(|| text.chars().count() as f64 * 0.57 * size, |bounds| f64::from(bounds.width()))
}

/// A text no wider than so many pixels: the middle gives way, because names often differ at their ends.
pub(super) fn fit(text: &str, font: Font, width: f64) -> String {
    if text_width(text, font) <= width {
        return text.to_owned();
    }
    let all: Vec<char> = text.chars().collect();
    let shortened = |kept: usize| -> String {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let join = |part: &[char]| part.iter().collect::<String>();
        format!("{}…{}", join(&all[..head]).trim_end(), join(&all[all.len() - tail..]).trim_start())
    };
    let (mut fits, mut too_many) = (0, all.len());
    while too_many - fits > 1 {
        let kept = usize::midpoint(fits, too_many);
        if text_width(&shortened(kept), font) <= width { fits = kept } else { too_many = kept }
    }
    shortened(fits)
}

#[cfg(test)]
mod tests {
    use plotters::style::RGBColor;

    use super::*;

    const FONT: Font = Font { size: 12.0, colour: RGBColor(0, 0, 0), bold: false };

    #[test]
    fn a_text_is_measured_with_the_built_in_font() {
        let (one, ten) = (text_width("m", FONT), text_width("mmmmmmmmmm", FONT));
        // The m of Noto Sans is 0.935 em wide.
        assert!((ten / 10.0 - 0.935 * 12.0).abs() < 0.3, "{ten}");
        assert!(one < ten && text_width("i", FONT) < one);
    }

    #[test]
    fn a_width_is_the_same_however_often_it_is_asked_for() {
        for round in 0..3 {
            for (text, bold) in [("p99 latency", false), ("p99 latency", true), ("10 ms", false), ("🐢", round == 1)]
            {
                for size in [9.0, 12.0] {
                    let font = Font { size, bold, ..FONT };
                    assert_eq!(text_width(text, font).to_bits(), measured(text, font).to_bits(), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_long_text_keeps_both_ends() {
        let text = fit("a balancer with a very long name indeed (d = 2)", FONT, 120.0);
        assert!(text.starts_with("a bal") && text.ends_with("= 2)") && text.contains('…'), "{text}");
        assert!(text_width(&text, FONT) <= 120.0);
        assert_eq!(fit("short", FONT, 120.0), "short");
        assert_eq!(fit("anything", FONT, 1.0), "…");
    }
}
