//! TEMPORARY
use crate::lab::results::*;
pub enum Format { Table, Markdown, Csv, Json }
pub fn render(r: &Results, _f: Format, _c: bool, _w: u16) -> String {
  let mut s = String::new();
  for c in &r.cells { s += &format!("{} {} {:?}\n", r.arms[c.arm], c.point, c.stability); for e in &c.estimates { s += &format!("   {} {}\n", e.name, crate::lab::number::show(e.unit, e.value.unwrap_or(f64::NAN), e.half_width)); } }
  for c in &r.claims { s += &format!("{:?} {} {}\n", c.verdict, c.claim, c.evidence); }
  s }
pub fn check_folder(_p: &std::path::Path) -> Result<(), String> { Ok(()) }
pub fn write_all(r: &Results, m: &str, f: &std::path::Path) -> Result<Vec<std::path::PathBuf>, String> { std::fs::create_dir_all(f).unwrap(); std::fs::write(f.join("summary.json"), serde_json::to_string_pretty(r).unwrap()).unwrap(); std::fs::write(f.join("manifest.ron"), m).unwrap(); Ok(vec![]) }
