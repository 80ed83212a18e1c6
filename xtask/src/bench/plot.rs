//! The plots: what each contender takes in each case, and how costs grow.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::facts::{Case, Facts, Side, pooled};
use super::line::Growth;
use super::stats::quantile;

/// Colours that people who don't tell red from green keep apart; Creel has the first.
const COLOURS: [RGBColor; 8] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
    RGBColor(0, 0, 0),
];

/// Draws the medians of every case of a side; nothing when there are none.
///
/// # Errors
/// When plotters fails.
pub(crate) fn times(facts: &Facts, side: Side) -> Result<Option<String>> {
    let cases: Vec<_> = facts.times.iter().filter(|(case, _)| case.side == side).collect();
    let medians = |name: &str| -> Vec<(f64, f64)> {
        let place = |(index, (_, contenders)): (usize, &(&Case, &_))| {
            let contenders: &std::collections::BTreeMap<String, _> = contenders;
            let median = quantile(&pooled(contenders.get(name)?), 0.5)?;
            (median > 0.0).then_some(((cases.len() - index) as f64, median))
        };
        cases.iter().enumerate().filter_map(place).collect()
    };
    let mut names: Vec<_> = facts.contenders(side).into_iter().collect();
    names.sort_by_key(|name| !name.starts_with("creel"));
    let all: Vec<_> = names.iter().flat_map(|name| medians(name)).map(|(_, ms)| ms).collect();
    let (Some(least), Some(most)) =
        (all.iter().copied().reduce(f64::min), all.iter().copied().reduce(f64::max))
    else {
        return Ok(None);
    };
    let rows = u32::try_from(cases.len())?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (960, 110 + 26 * rows)).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(format!("Milliseconds, {} (less is better)", side.name()), ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(30)
            .y_label_area_size(430)
            .build_cartesian_2d(
                (least / 2.0..most * 2.0).log_scale(),
                0.5..cases.len() as f64 + 0.5,
            )
            .map_err(failed)?;
        let label = |place: &f64| {
            let index = (cases.len() as f64 - place).round();
            let case = (index >= 0.0).then(|| cases.get(index as usize)).flatten();
            case.map_or_else(String::new, |(case, _)| format!("{} {}", case.workload, case.case))
        };
        chart
            .configure_mesh()
            .y_labels(cases.len() + 1)
            .y_label_formatter(&label)
            .x_label_formatter(&|ms| format!("{ms}"))
            .label_style(("sans-serif", 12))
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        for (index, name) in names.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let size = if index == 0 { 6 } else { 4 };
            let points = medians(name).into_iter();
            chart
                .draw_series(
                    points.map(|(place, ms)| Circle::new((ms, place), size, colour.filled())),
                )
                .map_err(failed)?
                .label(*name)
                .legend(move |(x, y)| Circle::new((x + 8, y), size, colour.filled()));
        }
        legend(&mut chart)?;
        area.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

/// Draws what operations cost over the size of the store; nothing without such figures.
///
/// # Errors
/// When plotters fails.
pub(crate) fn growth(facts: &Facts, axis: &str) -> Result<Option<String>> {
    let points: Vec<&Growth> = facts
        .growth
        .iter()
        .map(|(_, point)| point)
        .filter(|point| point.axis == axis && point.unit == "ms" && point.value > 0.0)
        .collect();
    let mut cases: Vec<&str> = Vec::new();
    for point in &points {
        if !cases.contains(&point.case.as_str()) {
            cases.push(&point.case);
        }
    }
    let sizes = || points.iter().map(|point| point.size as f64);
    let values = || points.iter().map(|point| point.value);
    let (Some(smallest), Some(largest), Some(least), Some(most)) = (
        sizes().reduce(f64::min),
        sizes().reduce(f64::max),
        values().reduce(f64::min),
        values().reduce(f64::max),
    ) else {
        return Ok(None);
    };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (720, 420)).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(format!("Milliseconds an operation, by {axis}"), ("sans-serif", 18))
            .margin(12)
            .margin_right(28)
            .x_label_area_size(36)
            .y_label_area_size(56)
            .build_cartesian_2d(
                (smallest..largest * 1.01).log_scale(),
                // The legend lies above the lines.
                (least / 2.0..most * 20.0).log_scale(),
            )
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc(axis)
            .y_desc("ms")
            .x_label_formatter(&|size| format!("{size}"))
            .y_label_formatter(&|ms| format!("{ms}"))
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        for (index, case) in cases.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let own = points.iter().filter(|point| point.case == *case);
            let line: Vec<_> = own.map(|point| (point.size as f64, point.value)).collect();
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)).point_size(3))
                .map_err(failed)?
                .label(*case)
                .legend(move |(x, y)| {
                    Rectangle::new([(x, y - 1), (x + 16, y + 1)], colour.filled())
                });
        }
        legend(&mut chart)?;
        area.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

fn legend<'a, X: Ranged, Y: Ranged>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
) -> Result<()> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font(("sans-serif", 12))
        .draw()
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the plot can't be drawn: {error}")
}
