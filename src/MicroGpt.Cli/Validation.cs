namespace MicroGpt.Cli;

/// <summary>The loss on documents set aside, after a step.</summary>
sealed record ValidationLoss(int Step, double Loss);

/// <summary>How the model does on documents it does not learn: now and then on some of them, at the end on all.</summary>
sealed class Validation
{
    const int Checks = 10, Documents = 500;

    readonly Trainer trainer;
    readonly Corpus? corpus;
    readonly string[] some;
    double lowest = double.PositiveInfinity;
    int lowestStep, risen;

    /// <param name="trainer">The run.</param>
    /// <param name="corpus">The documents set aside, if there are.</param>
    /// <param name="earlier">What the log has of the part of the run before it was resumed.</param>
    public Validation(Trainer trainer, Corpus? corpus, IReadOnlyList<ValidationLoss> earlier)
    {
        (this.trainer, this.corpus) = (trainer, corpus);
        some = corpus is null ? [] : [.. corpus.Where((_, i) => i % (1 + corpus.Count / Documents) == 0)];
        foreach (var (step, loss) in earlier)
        {
            Rises(step, loss);
        }
        if (some.Length > 0 && trainer.Steps > 0 && lowestStep == 0)
        {
            Rises(trainer.Steps, trainer.Snapshot().Evaluate(some).Loss); // without a log, it counts from here
        }
    }

    /// <summary>The loss after this step; null if it is not one to look at.</summary>
    public double? At(int step) =>
        some.Length > 0 && step % ((trainer.Options.Steps + Checks - 1) / Checks) == 0
            ? trainer.Snapshot().Evaluate(some).Loss : null;

    public void Tell(int step, double loss, ITrainingReport report)
    {
        report.Validated(loss);
        if (Rises(step, loss) && risen == 2)
        {
            report.Notice($"the validation loss is rising, {loss:F2} after {lowest:F2} at step {lowestStep}: "
                + "the model learns its documents by heart; fewer steps, or more documents");
        }
    }

    /// <summary>The loss on all the documents.</summary>
    public double? Loss() => corpus is null ? null : trainer.Snapshot().Evaluate(corpus).Loss;

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
