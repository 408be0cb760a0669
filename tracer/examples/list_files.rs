//! How long it takes to list every descriptor of the machine.
use std::time::Instant;
use tracer::capture::ebpf::snapshot::{FileIterator, Wanted};
fn main() {
    for paths in [true, false] {
        let t = Instant::now();
        let it = FileIterator::load(Wanted { paths, ..Wanted::default() }).expect("loads");
        let loaded = t.elapsed();
        let t = Instant::now();
        let mut n = 0;
        it.run(|r, p| {
            n += 1;
            if std::env::args().len() > 1 {
                println!("{r:?} {}", String::from_utf8_lossy(p));
            }
        })
        .expect("runs");
        eprintln!("paths {paths}: load {loaded:?}, {n} descriptors in {:?}", t.elapsed());
    }
}
