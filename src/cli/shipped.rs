//! The built-in models and experiments, which run without any file.

macro_rules! carry {
    ($($path:literal),+ $(,)?) => {
        /// Path and content of every file.
        const FILES: &[(&str, &[u8])] = &[$( ($path, include_bytes!(concat!("../../", $path))) ),+];
    };
}

carry! {
    "experiments/hockey-stick.ron",
    "experiments/uneven-costs.ron",
    "experiments/weights.ron",
    "experiments/choices.ron",
    "experiments/many-balancers.ron",
    "experiments/failover.ron",
    "experiments/partition.ron",
    "experiments/availability.ron",
    "experiments/churn.ron",
    "experiments/herding.ron",
    "experiments/sinkhole.ron",
    "experiments/slow-start.ron",
    "experiments/l4-pinning.ron",
    "experiments/affinity.ron",
    "experiments/tls-handshake.ron",
    "experiments/tournament.ron",
    "experiments/tournament-uniform.ron",
    "experiments/tournament-heavy-tailed.ron",
    "experiments/tournament-bimodal.ron",
    "experiments/tournament-unequal.ron",
    "experiments/replay.ron",
    "experiments/burst-limiters.ron",
    "experiments/exact-limits.ron",
    "experiments/noisy-neighbour.ron",
    "experiments/limiter-race.ron",
    "experiments/limiter-race-delay.ron",
    "experiments/limiter-store.ron",
    "experiments/priority-tiers.ron",
    "experiments/adaptive-limits.ron",
    "experiments/hedging.ron",
    "experiments/hedging-price.ron",
    "experiments/hedging-demand.ron",
    "experiments/lossy-hop.ron",
    "experiments/retry-storm.ron",
    "experiments/where-to-wait.ron",
    "experiments/survivors.ron",
    "experiments/vulnerable-load.ron",
    "experiments/bufferbloat.ron",
    "experiments/adaptive-lifo.ron",
    "experiments/jitter.ron",
    "experiments/reloads.ron",
    "experiments/breaker-helps.ron",
    "experiments/breaker-hurts.ron",
    "experiments/fallbacks.ron",
    "experiments/breaker-herd.ron",
    "experiments/breaker-lock.ron",
    "experiments/logs/shop.log",
    "models/queue.ron",
    "models/nginx.ron",
    "models/web-tier.ron",
    "models/many-servers.ron",
    "models/shop.ron",
}

/// The content of a file by its path.
#[must_use]
pub fn file(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

/// The path of an experiment or model by its name; an experiment wins.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static str> {
    paths().find(|path| stem(path) == name)
}

/// Experiments first, then models.
pub fn paths() -> impl Iterator<Item = &'static str> {
    let of = |folder: &'static str| {
        FILES.iter().map(|(path, _)| *path).filter(move |path| path.starts_with(folder) && path.ends_with(".ron"))
    };
    of("experiments/").chain(of("models/"))
}

/// Names of experiments and models.
pub fn names() -> impl Iterator<Item = &'static str> {
    paths().map(stem)
}

/// "experiments/balancers.ron" is called "balancers".
#[must_use]
pub fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".ron").unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_and_experiment_of_the_folders_is_carried() {
        for folder in ["models", "experiments", "experiments/logs"] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            for entry in std::fs::read_dir(path).expect("the folder is there") {
                let entry = entry.expect("readable");
                if entry.path().is_file() {
                    let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                    assert!(file(&path).is_some(), "{path} is not carried");
                }
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
