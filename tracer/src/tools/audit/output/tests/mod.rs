//! Every form of the report against golden files; against hostile names in every field; against what readers of it rely on.

mod forms;
mod golden;
mod hostile;
mod sample;

use crate::tools::audit::evidence::Report;

/// A form: the end of the golden file's name, and what makes it.
type Form = (&'static str, fn(&Report, &mut Vec<u8>));

/// All of them.
const FORMS: [Form; 10] = [
    ("txt", |report, out| super::text(report, false, 80, out)),
    ("narrow.txt", |report, out| super::text(report, false, 48, out)),
    ("pipe.txt", |report, out| super::text(report, false, 0, out)),
    ("color.txt", |report, out| super::text(report, true, 80, out)),
    ("json", super::json),
    ("junit.xml", super::junit),
    ("sarif", super::sarif),
    ("md", super::markdown),
    ("github.txt", super::github),
    // What is the same in every page is left out.
    ("html", |report, out| super::html::page(report, "tracer audit", ("", ""), out)),
];

/// The report in one of the forms.
fn rendered(form: &str, report: &Report) -> String {
    let (_, render) = FORMS.iter().find(|(name, _)| *name == form).expect("a form");
    let mut out = Vec::new();
    render(report, &mut out);
    String::from_utf8(out).expect("every form is UTF-8")
}
