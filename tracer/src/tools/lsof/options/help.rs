//! What `-h`, `-F?` and `-v` print.

/// `-h`
pub fn usage(program: &str) -> String {
    format!(
        "\
Usage: {program} [OPTION]... [NAME]...
Lists open files: of all processes, or what is selected by options and names.
Options of one kind add up; kinds add up too, unless -a asks for all of them. ^ takes an item out.

Which files:
  -p PIDS  -g [GROUPS]  -u USERS    of these processes, process groups, users (12,^34)
  -c COMMAND  -c /REGEX/[bix]       of commands that begin so, or match
  -d FDS                            these descriptors (cwd,txt,mem,0-2 or all ^)
  -i [46][PROTOCOL][@HOST][:PORTS]  internet sockets; -s TCP:STATES only in these states
  -U  -N  -K [i]                    unix sockets; NFS files; threads (i: without)
  +L1                               deleted files: fewer links than 1
  NAME...                           files, or all of a file system (-f: files, +f: file systems)
  +d DIR  +D DIR  -x [fl]           what is in a directory, or below it; across mounts, links
  -a                                all kinds must hold
  -X                                TCP and UDP are not looked at
How they are shown:
  -t  -F [FIELDS]  -F0  -J  -j      process ids; fields; JSON; JSON lines
  -n -P -l                          hosts, ports, users by number
  -R  -g  +c N                      parent; process group; characters of the command (9; 0: all)
  -s  -o  -o N  +L  +f g|G          size only; offset only; its digits; links; flags
  -T [sq]                           state and queues of connections (s); -T alone: neither
  -E  +E                            who is at the other end; lists it too
How they are found:
  -r [S][cN][mFORMAT]  +r           again every S seconds (15), N times; + until there is none
  -b  -S [S]  -e DIR                ask no file system; wait no longer than S seconds (2); not this one
  -w  +w  -V  -Q                    no warnings; warnings; say what was not found; that is no failure
tracer's own:
  --json  --json-lines              as -J and -j
  --sort=size|offset|name|pid       order of lines
  --color=auto|always|never         colours
  --source=auto|iter|proc           where descriptors come from: the kernel's iterator, or /proc
Exit code: 0 when all that was asked for was found, else 1.
"
    )
}

/// `-F?`
pub fn fields(program: &str) -> String {
    format!(
        "\
{program}: fields of -F, each begun by its letter:
  a access  c command  d device characters  D device number  f descriptor  g process group  G flags
  i inode  k links  K thread  l lock  L login  m mark between listings  M thread's command  n name
  o offset  p process (always)  P protocol  r raw device number  R parent  s size  t type
  T TCP: ST= state, QR= QS= queues  u user  0 ended by NUL instead of newline
"
    )
}

/// `-v`: scripts read the revision to know what they may ask for.
pub fn version(own: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match own {
        true => format!("tracer {version}\n"),
        false => format!(
            "lsof version information:\n    revision: 4.95.0\n    tracer {version}, with the options and the output of that version\n"
        ),
    }
}
