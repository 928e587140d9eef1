namespace MicroGpt.Record;

/// <summary>
/// Trains as <see cref="Trainer"/> does, with changes. Without any, every bit is the trainer's: loss and gradient come
/// from the same engine, and the Adam is the engine's.
/// </summary>
sealed class Replay
{
    readonly Run origin;
    readonly TrainingOptions options;
    readonly IReadOnlyList<Edit> edits;
    readonly string[] documents; // in training order

    public Replay(Run origin, TrainingOptions options, IReadOnlyList<Edit> edits)
    {
        (this.origin, this.options, this.edits) = (origin, options, edits);
        documents = origin.Corpus.Shuffle(new(options.Seed));
        Common = options == origin.Options ? edits.Select(FirstTouched).Append(origin.Steps).Min() : 0;
    }

    /// <summary>The steps, from the first on, that are the same as the original run's.</summary>
    public int Common { get; }

    /// <summary>The options of a run after some edits.</summary>
    public static TrainingOptions Options(TrainingOptions options, IEnumerable<Edit> edits) =>
        edits.Aggregate(options, (so, edit) => edit switch
        {
            Edit.LearningRate rate => so with { LearningRate = rate.To },
            Edit.Seed seed => so with { Seed = seed.To },
            Edit.Steps steps => so with { Steps = steps.To },
            _ => so,
        });

    /// <summary>The steps after those in common.</summary>
    /// <param name="model">Has the parameters after the steps in common; then, after each step, those after it.</param>
    /// <param name="moments">Adam's state, likewise.</param>
    /// <param name="store">Has the steps in common.</param>
    public IEnumerable<StepTaken> Run(Gpt model, Moments moments, RunStore store)
    {
        var adam = new ExactAdam(moments, VectorWidths.InUse);
        var probe = new Probe(model) { Cuts = Cuts(edits) };
        for (var step = Common + 1; step <= options.Steps; step++)
        {
            var (document, teaches) = Lesson(step);
            var gradient = new double[moments.M.Length];
            var loss = teaches ? probe.Backward(document, gradient) : probe.Loss(document);
            if (!double.IsFinite(loss))
            {
                throw new DivergedException(FormattableString.Invariant($"the loss of step {step} is {loss}"), step - 2);
            }
            var rate = options.RateOf(step - 1);
            adam.Update(model.Parameters.Values, gradient, step - 1, rate);
            store.SetByHand(step, model.Parameters.Values);
            if (step == options.Steps && !Array.TrueForAll(model.Parameters.Values, double.IsFinite))
            {
                throw new DivergedException(
                    FormattableString.Invariant($"the parameters are not finite after step {step}, the last"), step - 1);
            }
            yield return new(loss, rate, document, gradient);
        }
    }

    /// <summary>The attention that the edits leave out.</summary>
    public static IReadOnlyList<AttentionCut> Cuts(IEnumerable<Edit> edits) =>
        [.. edits.OfType<Edit.WithoutHead>().Select(head => new AttentionCut(head.Layer, head.Head))];

    // What a step learns, and whether it does.
    (string Document, bool Teaches) Lesson(int step)
    {
        var document = edits.OfType<Edit.Teach>().LastOrDefault(teach => teach.Step == step)?.Document
            ?? documents[(step - 1) % documents.Length];
        return (document, !edits.Any(edit => Forbids(edit, document)));
    }

    static bool Forbids(Edit edit, string document) => edit switch
    {
        Edit.WithoutLetter letter => document.EnumerateRunes().Contains(letter.Letter),
        Edit.WithoutDocument name => name.Document == document,
        _ => false,
    };

    // The steps before the first that an edit touches.
    int FirstTouched(Edit edit) => edit switch
    {
        Edit.Weight weight => weight.Step == 0 ? 0 : weight.Step - 1,
        Edit.Teach teach => teach.Step - 1,
        Edit.WithoutLetter or Edit.WithoutDocument => Enumerable.Range(1, origin.Steps)
            .FirstOrDefault(step => Forbids(edit, origin.Document(step)), origin.Steps + 1) - 1,
        Edit.WithoutHead => 0,
        _ => origin.Steps,
    };
}

/// <summary>A replay's loss or parameters are no longer numbers.</summary>
sealed class DivergedException(string why, int lastGood) : Exception($"{why}; a lower learning rate may help")
{
    /// <summary>The last step whose parameters gave a finite loss.</summary>
    public int LastGood { get; } = Math.Max(0, lastGood);
}
