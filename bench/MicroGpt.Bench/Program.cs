using System.Globalization;
using MicroGpt.Bench;

// Verifies, then times, in one run and on the same work. Writes <cpu>-exact.md with its plot, and <cpu>-float.md, to
// bench/results; remarks belong in notes.md there, which no run overwrites.
//   dotnet run -c Release --project bench/MicroGpt.Bench -- [exact|float]
//       [--against LABEL=COMMAND]... [--peer WORK=LABEL=COMMAND]...
// --against: a whole program that trains on the input.txt in its folder, timed from start to end.
// --peer: a program that trains on a work of the tables (default, names1, names16 ...) and prints the microseconds per
// document of its own warm loop as the first number of its last line. The label must name what is emulated.
// The command as a native program, beside today's build for .NET, to <cpu>-native.md:
//   ... -- native
// Verbs that print the figures in docs that are not timings:
//   ... -- asked     how often Adam needs libm, and how often libm rounds differently
//   ... -- drift     how far the losses of the two precisions diverge in a thousand steps
//   ... -- export    how large exported files are, and what rounding costs
// Under MPI, or without: rows of the tables in docs/distributed.md, which names the works:
//   mpirun -n 2 ... -- ranks THREADS BATCH WORK...
// And one measures what --fit reaches, for docs/models.md; the texts are makemore-names.txt and tinyshakespeare.txt:
//   ... -- fit FOLDER [names] [lists] [text]     writes <cpu>-fit.md and its plots
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var command = "dotnet run -c Release --project bench/MicroGpt.Bench"
    + (args.Length > 0 ? " -- " + string.Join(' ', args.Select(arg => arg.Contains(' ') ? $"\"{arg}\"" : arg)) : "");
switch (args.FirstOrDefault())
{
    case "asked":
        Figures.Asked();
        return;
    case "drift":
        Figures.Drift();
        return;
    case "native":
        var native = new Report("native", command);
        NativeBench.Run(native);
        native.Save();
        return;
    case "fit":
        var fit = new Report("fit", command);
        new FitBench(fit, args[1]).Run(args.Length > 2 ? args[2..] : ["names", "lists", "text"]);
        fit.Save();
        return;
    case "ranks":
        RanksBench.Run(args[3..], int.Parse(args[1]), int.Parse(args[2]));
        return;
    case "export":
        ExportBench.Print();
        return;
}
var both = !args.Contains("exact") && !args.Contains("float");
var peers = Values("--peer").Select(peer => peer.Split('=', 3)).ToLookup(peer => peer[0], peer => (peer[1], peer[2]));
if (both || args.Contains("exact"))
{
    var report = new Report("exact", command);
    new ExactBench(report).Run(Values("--against").Select(program => program.Split('=', 2)), peers);
    report.Save();
}
if (both || args.Contains("float"))
{
    var report = new Report("float", command);
    new FloatBench(report).Run(peers);
    report.Save();
}

IEnumerable<string> Values(string option) =>
    args.Index().Where(arg => arg.Item == option && arg.Index + 1 < args.Length).Select(arg => args[arg.Index + 1]);
