//! What Linux says about a process (proc_pid_status(5), proc_pid_schedstat in the kernel's sched-stats).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// CPU time by the name of the threads that spent it, so far, in milliseconds. A thread that has ended is no longer seen.
pub(crate) fn cpu_by_thread_name(pid: u32) -> BTreeMap<String, f64> {
    let mut spent = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there") {
        let thread = thread.unwrap().path();
        let read = |file: &str| fs::read_to_string(thread.join(file));
        // A thread may end between the two readings.
        let (Ok(name), Ok(schedule)) = (read("comm"), read("schedstat")) else { continue };
        let nanoseconds: f64 = schedule.split(' ').next().unwrap().parse().unwrap();
        *spent.entry(name.trim().to_owned()).or_default() += nanoseconds / 1e6;
    }
    spent
}

/// The most memory that the process ever had resident, in MB.
pub(crate) fn peak_memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// CPU milliseconds so far of this process's children that run a program in a directory of this name, and their number.
pub(crate) fn cpu_of_children_in(directory: &str) -> (f64, usize) {
    let spent: Vec<f64> = children_in(directory).map(|pid| cpu_by_thread_name(pid).values().sum()).collect();
    (spent.iter().sum(), spent.len())
}

/// This process's children that run a program in a directory of this name.
pub(crate) fn children_in(directory: &str) -> impl Iterator<Item = u32> {
    let there = move |program: &Path| program.parent().is_some_and(|parent| parent.ends_with(directory));
    children().into_iter().filter(move |(_, program)| there(program)).map(|(pid, _)| pid)
}

/// This process's children with the programs that they run.
pub(crate) fn children() -> Vec<(u32, PathBuf)> {
    let mut found = Vec::new();
    for thread in fs::read_dir("/proc/self/task").unwrap() {
        let children = fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default();
        for pid in children.split_ascii_whitespace() {
            if let Ok(program) = fs::read_link(format!("/proc/{pid}/exe")) {
                found.push((pid.parse().unwrap(), program));
            }
        }
    }
    found
}

/// How long a piece of work took.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    // The product takes its time from App; a bench measures the machine itself.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn milliseconds(&self) -> f64 {
        self.elapsed().as_secs_f64() * 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_told_apart_by_the_names_of_threads() {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let busy = std::thread::Builder::new().name("busy".to_owned()).spawn(move || {
            let digest = (0..2_000_000_u64).fold(1_u64, |sum, number| sum.wrapping_mul(31) ^ number);
            std::hint::black_box(digest);
            wait.recv()
        });
        let own = std::process::id();
        while cpu_by_thread_name(own).get("busy").is_none_or(|spent| *spent == 0.0) {
            std::thread::yield_now();
        }
        drop(done);
        assert!(busy.unwrap().join().unwrap().is_err());
        assert!(peak_memory(own) > 0.5);
    }
}
