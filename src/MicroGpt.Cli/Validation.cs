namespace MicroGpt.Cli;

/// <summary>The loss on documents set aside, after a step.</summary>
sealed record ValidationLoss(int Step, double Loss);

/// <summary>How the model does on documents it does not learn: now and then on some of them, at the end on all.</summary>
sealed class Validation
{
    const int Checks = 10, Documents = 500;

    readonly Trainer trainer;
    readonly int every;
    readonly string? best;
    readonly Corpus? corpus;
    readonly string[] some;
    double lowest = double.PositiveInfinity;
    int lowestStep, risen;

    /// <param name="trainer">The run.</param>
    /// <param name="corpus">The documents set aside, if there are.</param>
    /// <param name="earlier">What the log has of the part of the run before it was resumed.</param>
    /// <param name="every">How many steps there are between two looks; without it, a tenth of the run.</param>
    /// <param name="best">Where to keep the model that did best, if anywhere.</param>
    /// <param name="isResumed">Whether a model kept there is one of this run.</param>
    public Validation(Trainer trainer, Corpus? corpus, IReadOnlyList<ValidationLoss> earlier,
        int? every, string? best, bool isResumed)
    {
        (this.trainer, this.corpus, this.best) = (trainer, corpus, best);
        this.every = every ?? (trainer.Options.Steps + Checks - 1) / Checks;
        some = corpus is null ? [] : [.. corpus.Where((_, i) => i % (1 + corpus.Count / Documents) == 0)];
        foreach (var (step, loss) in earlier)
        {
            Rises(step, loss);
        }
        if (some.Length > 0 && trainer.Steps > 0 && lowestStep == 0)
        {
            Rises(trainer.Steps, trainer.Evaluate(some).Loss); // without a log, it counts from here
        }
        if (best != null && isResumed && File.Exists(best))
        {
            var kept = InputFile.ReadModel(best);
            Rises(kept.Provenance.Steps, kept.Evaluate(some).Loss);
        }
    }

    /// <summary>The loss after this step; null if it is not one to look at.</summary>
    public double? At(int step) =>
        some.Length > 0 && step % every == 0 ? trainer.Evaluate(some).Loss : null;

    public void Tell(int step, double loss, ITrainingReport report)
    {
        report.Validated(loss);
        if (best != null && loss < lowest)
        {
            Save(best);
        }
        if (Rises(step, loss) && risen == 2)
        {
            report.Notice($"the validation loss is rising, {loss:F2} after {lowest:F2} at step {lowestStep}: "
                + "the model learns its documents by heart; fewer steps, or more documents"
                + (best == null ? "; --val-every keeps the best model" : ""));
        }
    }

    /// <summary>The loss on all the documents.</summary>
    public double? Loss() => corpus is null ? null : trainer.Evaluate(corpus).Loss;

    /// <summary>The model kept, if one is.</summary>
    public Gpt? Best => Kept == null ? null : InputFile.ReadModel(best!);

    /// <summary>What to say at the end of the model kept; null if none is.</summary>
    public string? Kept => best == null || lowestStep == 0 ? null
        : $"best at step {lowestStep:N0}, validation {lowest:F4}: {best}";

    void Save(string path)
    {
        try
        {
            trainer.Snapshot().Save(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: can't be saved, and is as it was: {InputFile.Why(e)}");
        }
    }

    bool Rises(int step, double loss)
    {
        if (loss < lowest)
        {
            (lowest, lowestStep, risen) = (loss, step, 0);
        }
        else if (loss > lowest + 0.02)
        {
            risen++;
            return true;
        }
        return false;
    }
}
