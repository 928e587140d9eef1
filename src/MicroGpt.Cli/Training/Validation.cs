namespace MicroGpt.Cli;

/// <summary>How the model does on documents it does not learn: now and then on some of them, at the end on all.</summary>
sealed class Validation
{
    const int Checks = 10, Documents = 500;

    readonly Trainer trainer;
    readonly int every;
    readonly BestModel? best;
    readonly Corpus? corpus;
    readonly string[] some;
    double lowest = double.PositiveInfinity;
    int lowestStep, risen;

    /// <param name="trainer">The run.</param>
    /// <param name="corpus">The documents set aside, if there are.</param>
    /// <param name="earlier">What the log has of the part of the run before it was resumed.</param>
    /// <param name="every">How many steps there are between two looks; without it, a tenth of the run.</param>
    /// <param name="keep">Keeps the model that did best on these documents, if that is asked for.</param>
    public Validation(Trainer trainer, Corpus? corpus, IReadOnlyList<ValidationLoss> earlier,
        int? every, Func<IEnumerable<string>, BestModel>? keep)
    {
        (this.trainer, this.corpus) = (trainer, corpus);
        this.every = every ?? (trainer.Options.Steps + Checks - 1) / Checks;
        some = corpus is null ? [] : [.. corpus.Where((_, i) => i % (1 + (corpus.Count - 1) / Documents) == 0)];
        foreach (var (step, loss) in earlier)
        {
            Rises(step, loss);
        }
        if (some.Length > 0 && trainer.Steps > 0 && lowestStep == 0)
        {
            Rises(trainer.Steps, trainer.Evaluate(some).Loss); // without a log, it counts from here
        }
        best = keep?.Invoke(some);
    }

    /// <summary>The loss after this step; null if it is not one to look at.</summary>
    public double? At(int step) =>
        some.Length > 0 && step % every == 0 ? trainer.Evaluate(some).Loss : null;

    public void Tell(int step, double loss, ITrainingReport report)
    {
        report.Validated(loss);
        best?.Offer(step, loss);
        if (Rises(step, loss) && risen == 2)
        {
            report.Notice($"the validation loss is rising, {loss:F2} after {lowest:F2} at step {lowestStep}: "
                + "the model learns its documents by heart; fewer steps, or more documents"
                + (best == null ? "; --val-every keeps the best model" : ""));
        }
    }

    /// <summary>The loss on all the documents.</summary>
    public double? Loss() => corpus is null ? null : trainer.Evaluate(corpus).Loss;

    /// <summary>The model that did best so far, if it is kept.</summary>
    public BestModel? Best => best;

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
