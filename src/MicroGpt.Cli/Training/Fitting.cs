using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>Finds the options of a run by trials, which it shows and records.</summary>
sealed class Fitting(PlanSearch search, Corpus corpus, FitJournal journal, bool quiet)
{
    /// <summary>The options of the run; null if it was interrupted, or nobody reads the output any more.</summary>
    public TrainingOptions? Plan(Interrupt interrupt)
    {
        foreach (var trial in search.Trials)
        {
            Show(trial, isFirst: trial == search.Trials[0]);
        }
        try
        {
            var plan = journal.Plan ?? Try(interrupt.Token);
            interrupt.Token.ThrowIfCancellationRequested();
            return plan;
        }
        catch (OperationCanceledException)
        {
            Stop(interrupt);
            return null;
        }
    }

    TrainingOptions Try(CancellationToken cancellation)
    {
        foreach (var trial in search.Run(cancellation))
        {
            journal.Add(trial);
            Show(trial, isFirst: search.Trials.Count == 1);
            if (StandardOutput.Failure is { IsClosedPipe: true })
            {
                throw new OperationCanceledException();
            }
        }
        var ofNGrams = search.LossOfNGrams(); // takes time, before the plan uses what is left
        var (plan, best) = (search.Plan(), search.Best);
        journal.Decide(plan);
        Line($"plan: {Wording.Count(plan.NLayer, "layer")}, n-embd {plan.NEmbd}, {Epochs(plan)} epochs, "
            + $"weight decay {Text(plan.WeightDecay)}");
        var times = (double)plan.Steps / best.Options.Steps;
        Line(string.Create(CultureInfo.InvariantCulture, $"loss on held-out documents: {best.Loss:F4}")
            + (times > 1.01 ? $" in a short trial; the run is {times:F1} times as long" : "")
            + string.Create(CultureInfo.InvariantCulture, $"; n-grams: {ofNGrams:F4}"));
        Line("");
        return plan;
    }

    void Stop(Interrupt interrupt)
    {
        Line($"stopped after {Wording.Count(search.Trials.Count, "trial")}; kept in {journal.Path}");
        if (interrupt.ExitCode != 0)
        {
            Console.Error.WriteLine($"to continue: {CommandLine.With("--resume")}");
        }
    }

    static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    string Epochs(TrainingOptions options)
    {
        var epochs = (double)options.Steps * options.BatchSize / corpus.Count;
        return epochs.ToString(epochs < 9.95 ? "0.#" : "N0", CultureInfo.InvariantCulture);
    }

    void Show(Trial trial, bool isFirst)
    {
        if (isFirst)
        {
            Line($"trials, measured on {(trial.Tenths == 1 ? "a held-out tenth" : $"{trial.Tenths} held-out tenths")}:");
            Line("layers  n-embd  epochs  weight decay    loss");
        }
        var options = trial.Options;
        Line($"{options.NLayer,6}  {options.NEmbd,6}  {Epochs(options),6}  {Text(options.WeightDecay),12}  "
            + (double.IsFinite(trial.Loss) ? Wording.Number(trial.Loss, 4, 6) : "diverged"));
    }

    void Line(string text)
    {
        if (!quiet)
        {
            Console.Out.WriteLine(text);
            Console.Out.Flush();
        }
    }
}
