//! Join the shortest queue: two exponential servers, each arrival to the one with fewer requests.

use super::mixture::poisson;
use super::{Answer, Sojourn, Spread, TheoryError, not_negative, positive, quantile, stable};

/// Beyond this load the queue is too long to be listed.
const MOST_LOAD: f64 = 0.9999;

/// Two parallel M/M/1 servers with Poisson arrivals that join the shorter queue (Haight 1958; Kingman 1961), as least
/// connections and the power of two choices do with two servers. How ties are broken does not matter, since the servers
/// are identical.
///
/// The state is (requests at the shorter queue, how many more are at the longer). In the first it is a quasi-birth-death
/// process, solved by its matrix-geometric form (Neuts 1981); the second is cut off where its tail, which falls by more
/// than three from one to the next (Adan, Wessels and Zijm 1990), is below rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinShortestOfTwo {
    load: f64,
    service_mean: f64,
    /// The chance that an arrival finds at least 0, 1, 2, ... at the server it joins.
    behind: Vec<f64>,
    /// Mean number of requests at both servers together.
    in_system: f64,
}

/// Differences of the queues that are looked at: 3^-40 is far below the rounding of an `f64`.
const DIFFERENCES: usize = 41;

type Row = [f64; DIFFERENCES];
type Matrix = Vec<Row>;

const ZERO: Row = [0.0; DIFFERENCES];

impl JoinShortestOfTwo {
    /// From the offered load of each server and the mean service time; an error if one is outside of its domain, or if
    /// the load is not below 1 or above 0.9999, where the queue is too long to be enumerated.
    pub fn new(load: f64, service_mean: f64) -> Result<Self, TheoryError> {
        not_negative("load", load)?;
        positive("mean service time", service_mean)?;
        stable(load)?;
        if load > MOST_LOAD {
            return Err(TheoryError::Invalid { name: "load", value: load, expected: "at most 0.9999" });
        }
        let (behind, in_system) = solve(load);
        Ok(Self { load, service_mean, behind, in_system })
    }

    /// The probability that an arrival finds at least `n` requests at the server that it joins.
    #[must_use]
    pub fn joins_behind(&self, n: usize) -> f64 {
        self.behind.get(n).copied().unwrap_or(0.0)
    }

    /// Mean time in the system, by Little's law.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        if self.load == 0.0 { self.service_mean } else { self.in_system / (2.0 * self.load) * self.service_mean }
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.sojourn_mean() - self.service_mean
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        let served = poisson(t.max(0.0) / self.service_mean, self.behind.len());
        self.behind.iter().zip(served).map(|(behind, served)| behind * served).sum()
    }

    /// The time in the system that a fraction `p` stays within.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        quantile(p, self.sojourn_mean(), |t| self.sojourn_above(t))
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("in_system", self.in_system),
            ("utilization", self.load),
            ("throughput", 2.0 * self.load / self.service_mean),
            ("drop_rate", 0.0),
        ];
        let source = "Kingman 1961; solved by Neuts 1981";
        Answer::new("join the shortest of two queues".to_owned(), source, &values, Some(Sojourn::of(self)))
    }
}

/// The chances of joining behind at least 0, 1, 2, ... and the mean number at both servers, for a mean service of 1.
fn solve(load: f64) -> (Vec<f64>, f64) {
    if load == 0.0 {
        return (vec![1.0], 0.0);
    }
    let arrivals = 2.0 * load;
    // Rates from one number at the shorter queue to the next (an arrival, unless both are alike), to the one before (the
    // shorter ends a service, or either where both are alike), and to itself (the longer ends a service; an arrival where
    // both are alike).
    let mut up = vec![ZERO; DIFFERENCES];
    let mut down = vec![ZERO; DIFFERENCES];
    let mut within = vec![ZERO; DIFFERENCES];
    let last = DIFFERENCES - 1;
    for difference in 0..DIFFERENCES {
        match difference {
            0 => {
                within[0][1] = arrivals;
                down[0][1] = 2.0;
            }
            _ => {
                up[difference][difference - 1] = arrivals;
                within[difference][difference - 1] = 1.0;
                down[difference][(difference + 1).min(last)] += 1.0;
            }
        }
    }
    let rates = |rows: &[&Matrix], from: usize| -> f64 { rows.iter().flat_map(|rows| rows[from]).sum() };
    let mut inner = within.clone();
    // An empty shorter queue ends no service.
    let mut first = within.clone();
    for difference in 0..DIFFERENCES {
        inner[difference][difference] -= rates(&[&up, &down, &within], difference);
        first[difference][difference] -= rates(&[&up, &within], difference);
    }
    let r = rate_matrix(&up, &inner, &down);
    let mut level = left_null_vector(&add(&first, &multiply(&r, &down)));
    let (mut shorter, mut total, mut in_system): (Vec<f64>, f64, f64) = (Vec::new(), 0.0, 0.0);
    // Level after level, until the rest is negligible.
    for number in 0_u32.. {
        let mass: f64 = level.iter().sum();
        if number > 0 && mass < 1e-18 * total {
            break;
        }
        shorter.push(mass);
        total += mass;
        let requests = (0..).zip(&level).map(|(difference, chance)| f64::from(2 * number + difference) * chance);
        in_system += requests.sum::<f64>();
        level = times(&level, &r);
    }
    let mut left = 0.0;
    let mut behind: Vec<f64> = shorter
        .iter()
        .rev()
        .map(|mass| {
            left += mass / total;
            left
        })
        .collect();
    behind.reverse();
    (behind, in_system / total)
}

/// The least solution of up + r inner + r^2 down = 0, by logarithmic reduction (Latouche and Ramaswami 1993).
fn rate_matrix(up: &Matrix, inner: &Matrix, down: &Matrix) -> Matrix {
    let identity: Matrix = (0..DIFFERENCES).map(unit).collect();
    let outward: Matrix = inner.iter().map(|row| row.map(|rate| -rate)).collect();
    let mut higher = divide(&outward, up);
    let mut lower = divide(&outward, down);
    let mut first_passage = lower.clone();
    let mut path = higher.clone();
    // Each step doubles the levels looked at: 2^40 are beyond any queue that `MOST_LOAD` allows.
    for _ in 0..40 {
        let both = add(&multiply(&higher, &lower), &multiply(&lower, &higher));
        let rest: Matrix =
            identity.iter().zip(&both).map(|(one, both)| std::array::from_fn(|to| one[to] - both[to])).collect();
        higher = divide(&rest, &multiply(&higher, &higher));
        lower = divide(&rest, &multiply(&lower, &lower));
        let more = multiply(&path, &lower);
        first_passage = add(&first_passage, &more);
        path = multiply(&path, &higher);
        if more.iter().flatten().all(|chance| chance.abs() < 1e-17) {
            break;
        }
    }
    // r = up (-inner - up first_passage)^-1, which is the transpose of a division.
    let through = multiply(up, &first_passage);
    let rest: Matrix = outward
        .iter()
        .zip(&through)
        .map(|(outward, through)| std::array::from_fn(|to| outward[to] - through[to]))
        .collect();
    transpose(&divide(&transpose(&rest), &transpose(up)))
}

fn unit(place: usize) -> Row {
    let mut row = ZERO;
    row[place] = 1.0;
    row
}

fn transpose(matrix: &Matrix) -> Matrix {
    (0..DIFFERENCES).map(|row| std::array::from_fn(|column| matrix[column][row])).collect()
}

fn add(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(a, b)| std::array::from_fn(|place| a[place] + b[place])).collect()
}

fn times(row: &Row, matrix: &Matrix) -> Row {
    let mut product = ZERO;
    for (factor, line) in row.iter().zip(matrix) {
        product.iter_mut().zip(line).for_each(|(sum, value)| *sum += factor * value);
    }
    product
}

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().map(|row| times(row, b)).collect()
}

/// x where a x = b, by Gaussian elimination with the largest pivot of each column.
fn divide(a: &Matrix, b: &Matrix) -> Matrix {
    let (mut a, mut b) = (a.clone(), b.clone());
    for column in 0..DIFFERENCES {
        let pivot = (column..DIFFERENCES).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()));
        let pivot = pivot.unwrap_or(column);
        a.swap(column, pivot);
        b.swap(column, pivot);
        let (top, right) = (a[column], b[column]);
        for row in (0..DIFFERENCES).filter(|&row| row != column) {
            let factor = a[row][column] / top[column];
            if factor != 0.0 {
                a[row].iter_mut().zip(&top).for_each(|(value, top)| *value -= factor * top);
                b[row].iter_mut().zip(&right).for_each(|(value, right)| *value -= factor * right);
            }
        }
    }
    (0..DIFFERENCES).map(|row| b[row].map(|value| value / a[row][row])).collect()
}

/// The row v with v m = 0 and a first element of 1, for a matrix of rates whose rows sum to zero.
fn left_null_vector(matrix: &Matrix) -> Row {
    // The last equation follows from the others; in its place stands the first element.
    let mut system = transpose(matrix);
    system[DIFFERENCES - 1] = unit(0);
    let mut right = vec![ZERO; DIFFERENCES];
    right[DIFFERENCES - 1][0] = 1.0;
    let solved = divide(&system, &right);
    std::array::from_fn(|place| solved[place][0])
}

impl Spread for JoinShortestOfTwo {
    fn above(&self, t: f64) -> f64 {
        self.sojourn_above(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.sojourn_quantile(p)
    }
}
