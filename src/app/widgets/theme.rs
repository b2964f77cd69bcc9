//! Fonts, spacing and colors of the window, all derived from the palette that exported figures use too.
//!
//! The only place in `app` that makes colors.
#![expect(clippy::disallowed_methods, reason = "this is the place where the window's colors are made")]

use std::sync::Arc;
use std::sync::LazyLock;

use egui::Color32;
use egui::FontData;
use egui::FontDefinitions;
use egui::FontFamily;
use egui::FontId;
use egui::Stroke;
use egui::TextStyle;
use egui::Visuals;

use crate::figure::fonts;
use crate::figure::palette;
use crate::figure::palette::Rgb;

/// Light, dark, or whatever the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Theme {
    /// Follows the system.
    #[default]
    System,
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

/// Size of captions.
pub(crate) const CAPTION: f32 = 11.0;
/// Size of running text.
pub(crate) const BODY: f32 = 13.0;
/// Size of view titles.
pub(crate) const TITLE: f32 = 16.0;
/// Words that left keep this share of their ink.
pub(crate) const FADED: f32 = 0.35;

/// The window's colors on one ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colors {
    /// Which palette they come from.
    pub(crate) palette: palette::Theme,
    /// Ground of the centre view and of text boxes.
    pub(crate) ground: Color32,
    /// Ground of side panels and bars.
    pub(crate) panel: Color32,
    /// A slightly raised ground: the cursor's column, a hovered row.
    pub(crate) raised: Color32,
    /// Text.
    pub(crate) ink: Color32,
    /// Captions.
    pub(crate) muted: Color32,
    /// Borders.
    pub(crate) line: Color32,
    /// Grid lines and hatching.
    pub(crate) grid: Color32,
    /// Selection and focus.
    pub(crate) accent: Color32,
    /// Text on a selected button.
    pub(crate) accent_ground: Color32,
    /// Something differs.
    pub(crate) warning: Color32,
    /// Ground behind a warning.
    pub(crate) warning_ground: Color32,
    /// Something failed.
    pub(crate) error: Color32,
    /// Ground behind an error.
    pub(crate) error_ground: Color32,
    /// The hatch of what is gone.
    pub(crate) hatch: Color32,
    /// Cells without a score.
    pub(crate) unscored: Color32,
}

/// From the palette's plain numbers.
pub(crate) fn color([red, green, blue]: Rgb) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// The colors of a ground.
pub(crate) fn colors_of(theme: palette::Theme) -> Colors {
    let (ground, ink) = (theme.background(), theme.ink());
    let toward_ink = |share| color(palette::mix(ground, ink, share));
    let tinted = |tint, share| color(palette::mix(ground, tint, share));
    Colors {
        palette: theme,
        ground: color(ground),
        panel: toward_ink(0.035),
        raised: toward_ink(0.075),
        ink: color(ink),
        muted: color(theme.muted()),
        line: toward_ink(0.15),
        grid: color(theme.grid()),
        accent: color(theme.accent()),
        accent_ground: tinted(theme.accent(), 0.16),
        warning: color(theme.warning()),
        warning_ground: tinted(theme.warning(), 0.12),
        error: color(theme.error()),
        error_ground: tinted(theme.error(), 0.10),
        hatch: toward_ink(0.20),
        unscored: toward_ink(0.13),
    }
}

/// The colors of what is being drawn.
pub(crate) fn colors(ui: &egui::Ui) -> Colors {
    colors_of(if ui.visuals().dark_mode { palette::Theme::Dark } else { palette::Theme::Light })
}

/// Steps of the ramp that is looked up; more than the eye tells apart.
const RAMP_STEPS: usize = 128;

static RAMPS: LazyLock<[Vec<Color32>; 2]> = LazyLock::new(|| {
    [palette::Theme::Light, palette::Theme::Dark].map(|theme| {
        (0..=RAMP_STEPS).map(|step| color(palette::sequential(step as f64 / RAMP_STEPS as f64, theme))).collect()
    })
});

/// A share of the ramp, 0–1, from a table: a frame asks thousands of times.
pub(crate) fn ramp(colors: &Colors, share: f32) -> Color32 {
    let table = &RAMPS[usize::from(colors.palette == palette::Theme::Dark)];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the table")]
    let step = (share.clamp(0.0, 1.0) * RAMP_STEPS as f32).round() as usize;
    table.get(step).copied().unwrap_or(colors.unscored)
}

/// Black or white, whichever reads better on a color.
pub(crate) fn ink_on(ground: Color32) -> Color32 {
    color(palette::ink_on([ground.r(), ground.g(), ground.b()]))
}

/// The middle weight of the bundled font.
pub(crate) fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("medium".into()))
}

/// The bundled font.
pub(crate) fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Installs fonts, spacing and both looks. Called once.
pub(crate) fn install(ctx: &egui::Context) {
    ctx.set_fonts(font_definitions());
    for (theme, palette) in [(egui::Theme::Light, palette::Theme::Light), (egui::Theme::Dark, palette::Theme::Dark)] {
        ctx.style_mut_of(theme, |style| {
            set_text_styles(style);
            set_spacing(style);
            style.visuals = visuals(&colors_of(palette));
        });
    }
    ctx.options_mut(|options| {
        // Zoom goes through `UiCommand`, so that it stands in the menu and in the list of shortcuts.
        options.zoom_with_keyboard = false;
    });
}

/// Follows the chosen theme.
pub(crate) fn choose(ctx: &egui::Context, theme: Theme) {
    ctx.set_theme(match theme {
        Theme::System => egui::ThemePreference::System,
        Theme::Light => egui::ThemePreference::Light,
        Theme::Dark => egui::ThemePreference::Dark,
    });
}

/// Nothing moves: for pictures, for tests, and for people who asked for it.
pub(crate) fn stop_motion(ctx: &egui::Context) {
    ctx.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.scroll_animation = egui::style::ScrollAnimation::none();
        style.visuals.text_cursor.blink = false;
    });
}

fn font_definitions() -> FontDefinitions {
    let mut definitions = FontDefinitions::default();
    for (name, bytes) in [("Roboto", fonts::REGULAR), ("Roboto Medium", fonts::MEDIUM)] {
        definitions.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let mut fallbacks = definitions.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    // Has the arrows that Roboto lacks, so that they do not depend on the system's fonts.
    fallbacks.push("Hack".to_owned());
    let with = |first: &str| std::iter::once(first.to_owned()).chain(fallbacks.iter().cloned()).collect::<Vec<_>>();
    definitions.families.insert(FontFamily::Proportional, with("Roboto"));
    definitions.families.insert(FontFamily::Name("medium".into()), with("Roboto Medium"));
    definitions
}

fn set_text_styles(style: &mut egui::Style) {
    style.text_styles = [
        (TextStyle::Small, regular(CAPTION)),
        (TextStyle::Body, regular(BODY)),
        (TextStyle::Button, regular(BODY)),
        (TextStyle::Heading, medium(TITLE)),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
}

fn set_spacing(style: &mut egui::Style) {
    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(8.0, 6.0);
    spacing.button_padding = egui::vec2(8.0, 3.0);
    spacing.interact_size = egui::vec2(32.0, 22.0);
    spacing.menu_margin = egui::Margin::same(6);
    spacing.window_margin = egui::Margin::same(16);
    spacing.slider_width = 96.0;
    spacing.slider_rail_height = 4.0;
    spacing.combo_width = 96.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = 6.0;
    spacing.tooltip_width = 320.0;
    // Bars have a place of their own: floating ones would lie over counts at the right edge.
    spacing.scroll = egui::style::ScrollStyle {
        bar_width: 8.0,
        bar_inner_margin: 4.0,
        foreground_color: true,
        ..egui::style::ScrollStyle::solid()
    };
    style.interaction.tooltip_delay = 0.3;
    style.interaction.selectable_labels = false;
}

fn visuals(colors: &Colors) -> Visuals {
    let mut visuals = if colors.palette == palette::Theme::Dark { Visuals::dark() } else { Visuals::light() };
    visuals.panel_fill = colors.ground;
    visuals.window_fill = colors.ground;
    visuals.window_stroke = Stroke::new(1.0, colors.line);
    visuals.extreme_bg_color = colors.ground;
    visuals.faint_bg_color = colors.panel;
    visuals.code_bg_color = colors.raised;
    visuals.weak_text_color = Some(colors.muted);
    visuals.hyperlink_color = colors.accent;
    visuals.warn_fg_color = colors.warning;
    visuals.error_fg_color = colors.error;
    visuals.selection.bg_fill = colors.accent_ground;
    visuals.selection.stroke = Stroke::new(1.0, colors.accent);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
    visuals.window_corner_radius = 8.into();
    visuals.menu_corner_radius = 6.into();
    visuals.window_shadow = egui::Shadow { offset: [0, 4], blur: 16, spread: 0, color: Color32::from_black_alpha(48) };
    visuals.popup_shadow = egui::Shadow { offset: [0, 2], blur: 8, spread: 0, color: Color32::from_black_alpha(40) };
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.bg_fill = colors.ground;
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, colors.line);
    widgets.noninteractive.fg_stroke = Stroke::new(1.0, colors.ink);
    let deeper = |share| color(palette::mix(colors.palette.background(), colors.palette.ink(), share));
    for (widget, fill, edge) in [
        (&mut widgets.inactive, deeper(0.08), deeper(0.20)),
        (&mut widgets.hovered, deeper(0.13), deeper(0.34)),
        (&mut widgets.active, deeper(0.18), colors.accent),
        (&mut widgets.open, deeper(0.13), deeper(0.34)),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, edge);
        widget.fg_stroke = Stroke::new(1.0, colors.ink);
        widget.corner_radius = 4.into();
        widget.expansion = 0.0;
    }
    widgets.noninteractive.corner_radius = 4.into();
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(one: Color32, other: Color32) -> f64 {
        let plain = |color: Color32| [color.r(), color.g(), color.b()];
        palette::contrast(plain(one), plain(other))
    }

    #[test]
    fn text_reaches_four_and_a_half_to_one_on_every_ground_it_stands_on() {
        for theme in [palette::Theme::Light, palette::Theme::Dark] {
            let colors = colors_of(theme);
            for ground in [colors.ground, colors.panel, colors.raised] {
                for (name, text) in [("ink", colors.ink), ("muted", colors.muted), ("accent", colors.accent)] {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "{theme:?}: {name} has {ratio:.2}");
                }
            }
            assert!(contrast(colors.warning, colors.warning_ground) >= 4.5, "{theme:?}: warning on its ground");
            assert!(contrast(colors.error, colors.error_ground) >= 4.5, "{theme:?}: error on its ground");
            assert!(contrast(colors.accent, colors.accent_ground) >= 4.5, "{theme:?}: selected text");
        }
    }
}
