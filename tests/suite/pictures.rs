//! The pictures of the README, made from the program's own frames. `UPDATE_PICTURES=1 cargo test pictures` makes them anew.

use std::fmt::Write;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use sagemaker_ssh_setup::demo::Timing;

use super::play::Setup;

/// Pixels of a cell.
const WIDTH: usize = 8;
const HEIGHT: usize = 17;
const MARGIN: usize = 12;
const BACKGROUND: &str = "#1b1d23";
const FOREGROUND: &str = "#d7dae0";

fn colour(colour: Color, otherwise: &'static str) -> &'static str {
    match colour {
        Color::Red => "#f2777a",
        Color::Green => "#8ac26b",
        Color::Yellow => "#e6b450",
        Color::Cyan => "#5cc8c8",
        Color::DarkGray => "#8b909b",
        _ => otherwise,
    }
}

/// Foreground, background and weight.
fn style(cell: &Cell) -> (&'static str, &'static str, bool) {
    let (fg, bg) = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
    let (fg, bg) = if cell.modifier.contains(Modifier::REVERSED) {
        (bg, fg)
    } else {
        (fg, bg)
    };
    (fg, bg, cell.modifier.contains(Modifier::BOLD))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A screen as SVG: one text a run of cells of the same style, stretched to the width of its cells.
fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (
        usize::from(buffer.area.width),
        usize::from(buffer.area.height),
    );
    let (width, height) = (columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\" \
         xml:space=\"preserve\">\n<rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n"
    );
    for (row, cells) in buffer.content.chunks(columns).enumerate() {
        let y = MARGIN + row * HEIGHT;
        let mut start = 0;
        for run in cells.chunk_by(|one, next| style(one) == style(next)) {
            let (x, length) = (MARGIN + start * WIDTH, run.len() * WIDTH);
            start += run.len();
            let (fg, bg, bold) = style(&run[0]);
            if bg != BACKGROUND {
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{length}\" height=\"{HEIGHT}\" fill=\"{bg}\"/>"
                )
                .unwrap();
            }
            let text: String = run.iter().map(Cell::symbol).collect();
            if text.trim().is_empty() {
                continue;
            }
            let weight = if bold { " font-weight=\"bold\"" } else { "" };
            writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{weight}>{}</text>",
                y + 13,
                escaped(&text)
            )
            .unwrap();
        }
    }
    out + "</svg>\n"
}

fn compare(name: &str, buffer: &Buffer) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/{name}.svg"));
    let picture = svg(buffer);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == picture,
        "assets/{name}.svg is no longer what the program shows; UPDATE_PICTURES=1 makes it anew"
    );
}

#[tokio::test(start_paused = true)]
async fn the_pictures_of_the_readme_are_what_the_program_shows() {
    let mut play = Setup {
        timing: Timing::INSTANT,
        ..Setup::at((100, 28))
    }
    .start();
    play.keys("{Admin/console}<enter><enter>{Recommender}<space>{to set up}")
        .await;
    compare("roles", &play.cells());
    play.keys("<enter>{DataEngineer}<down><space>{to set up}<enter>")
        .await;
    play.keys("{standard}{!still being read}<space><enter>{4 to change}")
        .await;
    play.keys("<down>{can connect.}{!Asking}").await;
    compare("preview", &play.cells());
    play.keys("<enter>{Go back}{!Asking}").await;
    compare("confirm", &play.cells());
    play.keys("y{What now}{!Asking}").await;
    compare("outcome", &play.cells());
}
