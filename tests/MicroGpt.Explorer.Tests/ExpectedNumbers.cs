using System.Globalization;
using MicroGpt.Record;
using Microsoft.Playwright;

namespace MicroGpt.Explorer.Tests;

/// <summary>
/// The record of the default run, made here and not in a browser. Numbers of the page carry their address, data-src;
/// here the record is asked for each again.
/// </summary>
static class ExpectedNumbers
{
    static readonly Lazy<Run> run = new(() =>
    {
        var run = Run.Begin(Corpus.Load(Repository.ShippedNames), "names.txt");
        run.Finish();
        return run;
    });

    static readonly Dictionary<(int, string), Trace> traces = [];

    public static Run Run => run.Value;

    /// <summary>The number at an address.</summary>
    public static double Of(string source)
    {
        var parts = source.Split('/');
        return parts[0] switch
        {
            "state" => Run.State(Int(parts[1]), Enum.Parse<Channel>(parts[2], ignoreCase: true))[Parameter(parts[3])],
            "step" => Step(Run.Step(Int(parts[1])), parts[2]),
            "score" => Run.Model(Int(parts[1])).Score(parts[2]).Predictions[Int(parts[3])].Probability,
            "trace" => InTrace(Int(parts[1]), parts[2], parts[3] == "gradient", parts[4]),
            "readout" => Readout.Of(Run.Model(Int(parts[1])), TraceOf(Int(parts[1]), parts[2]), Int(parts[3]))
                .First(readout => readout.Stage == Enum.Parse<Activation>(parts[4])).Probabilities[Int(parts[5])],
            "adam" => Adam(Run.Adam(Int(parts[1]), Int(parts[2])), parts[3]),
            "ledger" => Run.Ledger(Int(parts[1])).Moved,
            _ => throw new ArgumentException($"nobody knows how to ask for {source}"),
        };
    }

    /// <summary>Asks for every number that is on the page; fails with the first that is another.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> CompareAsync(IPage page, string within = "body")
    {
        var numbers = await page.EvaluateAsync<string[][]>(
            "within => [...document.querySelectorAll(within + ' [data-src][data-value]')]"
            + ".map(e => [e.dataset.src, e.dataset.value])", within);
        foreach (var pair in numbers.Where(pair => !pair[0].StartsWith("dream/", StringComparison.Ordinal)))
        {
            var (shown, asked) = (double.Parse(pair[1], CultureInfo.InvariantCulture), Of(pair[0]));
            Assert.True(shown.Equals(asked), $"{pair[0]}: {shown:R}, not {asked:R}"); // every bit
        }
        return numbers.Length;
    }

    public static int Parameter(string key) =>
        Words.Parameter(Run, key) ?? throw new ArgumentException($"there is no parameter {key}");

    static Trace TraceOf(int step, string text)
    {
        if (!traces.TryGetValue((step, text), out var trace))
        {
            traces[(step, text)] = trace = Run.Trace(step, text);
        }
        return trace;
    }

    static double InTrace(int step, string text, bool gradient, string key)
    {
        var trace = TraceOf(step, text);
        if (Words.Parameter(Run, key) is int parameter)
        {
            return trace.Gradient[parameter];
        }
        var place = ActivationAddress.Of(key)!.Value;
        return (gradient ? trace.Gradients(place.Activation, place.Layer, place.Position)
            : trace.Values(place.Activation, place.Layer, place.Position))[place.Index];
    }

    static double Step(StepSummary step, string what) => what switch
    {
        "loss" => step.Loss,
        "lossafter" => step.LossAfter,
        "promised" => step.Promised,
        _ => throw new ArgumentException($"a step has no {what}"),
    };

    static double Adam(Adam line, string term) => term switch
    {
        "gradient" => line.Gradient,
        "mbefore" => line.MBefore,
        "vbefore" => line.VBefore,
        "m" => line.M,
        "v" => line.V,
        "msum" => line.MSum,
        "vsum" => line.VSum,
        "mhat" => line.MHat,
        "vhat" => line.VHat,
        "rate" => line.LearningRate,
        "before" => line.Before,
        "term" => line.Term,
        "after" => line.After,
        _ => throw new ArgumentException($"Adam's line has no {term}"),
    };

    static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
