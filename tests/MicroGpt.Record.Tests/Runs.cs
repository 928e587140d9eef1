[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)] // a run is not thread-safe, and these are shared

namespace MicroGpt.Record.Tests;

/// <summary>Runs that several tests ask, recorded once.</summary>
static class Runs
{
    static readonly Lazy<Run> standard = new(() => Finished(Names, new()));
    static readonly Lazy<Run> small = new(() => Finished(
        new(["ab", "abba", "ba", "cab", "c", "abcabcabc"]),
        new() { Steps = 60, NLayer = 2, NEmbd = 6, NHead = 3, BlockSize = 5, Seed = 7 }));

    /// <summary>data/names.txt.</summary>
    public static Corpus Names => Corpus.Load(Repository.ShippedNames);

    /// <summary>The default run on data/names.txt.</summary>
    public static Run Standard => standard.Value;

    /// <summary>60 steps of a model with two layers; some documents are longer than its block.</summary>
    public static Run Small => small.Value;

    public static Run Finished(Corpus corpus, TrainingOptions options)
    {
        var run = Run.Begin(corpus, "list.txt", options);
        run.Finish();
        return run;
    }
}
