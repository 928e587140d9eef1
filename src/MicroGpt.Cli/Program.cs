using System.CommandLine;
using System.CommandLine.Help;
using MicroGpt;
using MicroGpt.Cli;

const int Success = 0, Failure = 1, Usage = 2;

if (args is ["train", ..])
{
    // Warms up the JIT by training a step, while this thread reads the command line and the data.
    new Thread(Once) { IsBackground = true }.Start();
}
CommandLine.Remember(args);
StandardError.Open();
Ranks? ranks = null;
try
{
    ranks = args is ["train", ..] ? Ranks.Join() : null;
    if (ranks != null)
    {
        Environment.SetEnvironmentVariable("TERM", "dumb"); // a launcher's pseudo-terminal may end in a file
    }
    StandardOutput.Open();
    if (ranks is { Rank: > 0 })
    {
        Console.SetOut(TextWriter.Null); // the first speaks for all
    }
    var root = Root(ranks);
    var words = CommandLine.WithEmptyValues(root);
    var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null }); // @ is no file name
    if (parsed.Errors.Count > 0)
    {
        throw new UsageException(Complaint.Of(parsed));
    }
    var code = parsed.Invoke(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null, // verbs handle signals
        Output = Console.Out,
    });
    Console.Out.Flush();
    return ranks?.Leave(code) ?? code;
}
catch (UsageException e)
{
    return Fail(e.Message, Usage);
}
catch (OutputException e) when (e.IsClosedPipe)
{
    return ranks?.Leave(Success) ?? Success; // the reader has read enough
}
catch (Exception e) when (e is IOException { HResult: > 0 } and not OutputException or UnauthorizedAccessException)
{
    return Fail(InputFile.Why(e), Failure); // the system's message, for lack of our own
}
catch (Exception e) when (e is IOException or InvalidDataException or CheckpointException
    or TrainingDivergedException or InvalidOperationException or PlatformNotSupportedException)
{
    return Fail(e.Message, Failure);
}
catch (OutOfMemoryException)
{
    return Fail("not enough memory", Failure);
}
catch (Exception e)
{
    return Fail($"a bug in microgpt, {e.GetType().Name}: {e.Message}", Failure);
}

static RootCommand Root(Ranks? ranks)
{
    var root = new RootCommand("microgpt trains a small GPT on a text file and draws new lines like its own.")
    {
        new TrainCommand(ranks), new SampleCommand(), new ScoreCommand(), new EvalCommand(), new InfoCommand(),
        new ExportCommand(),
    };
    root.Options.OfType<HelpOption>().Single().Action = new Help();
    var verbose = new Flag("--verbose", "with --version: how this program was built, and what it uses of the machine");
    root.Options.Remove(root.Options.OfType<VersionOption>().Single()); // it would stand no other option beside it
    root.Options.Add(new Flag("--version", "the version") { Action = new About(verbose) });
    root.Options.Add(verbose);
    root.SetAction(_ =>
    {
        Help.Write(root);
        return Usage;
    });
    return root;
}

static void Once()
{
    try
    {
        using var drawn = Gpt.Train(new Corpus(["a"]), new TrainingOptions { Steps = 1 }).Generate().GetEnumerator();
        drawn.MoveNext();
    }
    catch (Exception)
    {
        // the run itself will fail too, and report it
    }
}

int Fail(string sentence, int code)
{
    try
    {
        Console.Out.Flush(); // output comes before the error
    }
    catch (OutputException)
    {
        // this is the error, or a second one
    }
    if (ranks != null)
    {
        var speaker = ranks.Rank == 0 ? "" : $"rank {ranks.Rank}: ";
        return ranks.Leave(code, () => Complaint.Write(speaker + sentence));
    }
    Complaint.Write(sentence);
    return code;
}
