using System.Runtime.InteropServices;

namespace MicroGpt.Record;

/// <summary>What one step did.</summary>
/// <param name="Loss">Before its update.</param>
/// <param name="LearningRate">Its rate.</param>
/// <param name="Document">What it learnt.</param>
/// <param name="Gradient">[ParameterCount].</param>
readonly record struct StepTaken(double Loss, double LearningRate, string Document, double[] Gradient);

/// <summary>The parameters and Adam's state after some steps: [ParameterCount] each. Never changed once made.</summary>
sealed record Moment(int Step, double[] Values, double[] M, double[] V)
{
    /// <summary>A copy that may be changed until it is handed on.</summary>
    public Moment Copy() => new(Step, [.. Values], [.. M], [.. V]);
}

/// <summary>
/// What is kept of a run: the gradient of every step, and every tenth state. The others are replayed by the engine's
/// Adam; keeping them all would double the memory.
/// </summary>
sealed class RunStore
{
    const int KeyframeSteps = 10;
    const int RecentMoments = 8;

    readonly IReadOnlyList<Edit.Weight> setByHand;
    readonly List<StepTaken> steps = [];
    readonly List<Moment> keyframes = []; // after 0, 10, 20 ... steps
    readonly LinkedList<Moment> recent = []; // the latest asked for comes first

    /// <summary>A store that begins with a random start.</summary>
    public RunStore(double[] start, IReadOnlyList<Edit.Weight> setByHand)
    {
        this.setByHand = setByHand;
        keyframes.Add(new(0, SetByHand(0, start), new double[start.Length], new double[start.Length]));
    }

    /// <summary>A store that begins like another one.</summary>
    public RunStore(RunStore origin, int common, IReadOnlyList<Edit.Weight> setByHand)
    {
        this.setByHand = setByHand;
        steps.AddRange(origin.steps.Take(common));
        keyframes.AddRange(origin.keyframes.Take(1 + common / KeyframeSteps));
    }

    /// <summary>The state asked for last; null: none yet.</summary>
    public Moment? Recent => recent.First?.Value;

    /// <summary>Steps recorded.</summary>
    public int Count => steps.Count;

    /// <summary>A step, from 1.</summary>
    public StepTaken this[int step] => steps[step - 1];

    /// <summary>Adds a step.</summary>
    /// <param name="step">What it did.</param>
    /// <param name="state">Gives the state after it, for the store to keep.</param>
    public void Add(StepTaken step, Func<Moment> state)
    {
        steps.Add(step);
        if (Count % KeyframeSteps == 0)
        {
            keyframes.Add(state());
        }
    }

    /// <summary>Drops all steps after one.</summary>
    public void Truncate(int last)
    {
        steps.RemoveRange(last, Count - last);
        keyframes.RemoveAll(moment => moment.Step > last);
        recent.Clear();
    }

    /// <summary>The state after a step.</summary>
    public Moment At(int step)
    {
        if (recent.FirstOrDefault(moment => moment.Step == step) is not Moment moment)
        {
            var keyframe = keyframes[step / KeyframeSteps];
            var from = recent.Where(moment => moment.Step <= step).Append(keyframe).MaxBy(moment => moment.Step)!;
            moment = from.Step == step ? from : Replay(from, step);
            Remember(moment);
        }
        return moment;
    }

    /// <summary>Remembers a state that is known, so that it need not be replayed.</summary>
    public void Remember(Moment moment)
    {
        recent.AddFirst(moment);
        if (recent.Count > RecentMoments)
        {
            recent.RemoveLast();
        }
    }

    /// <summary>What is set by hand after a step: changes the values, and returns them.</summary>
    public double[] SetByHand(int step, double[] values)
    {
        foreach (var weight in setByHand.Where(weight => weight.Step == step))
        {
            values[weight.Parameter] = weight.To;
        }
        return values;
    }

    /// <summary>The first step after which two tapes have different parameters; null: none.</summary>
    public int? FirstDifference(RunStore other)
    {
        var count = Math.Min(Count, other.Count);
        var step = 0;
        while (step + KeyframeSteps <= count
            && Same(keyframes[step / KeyframeSteps + 1], other.keyframes[step / KeyframeSteps + 1]))
        {
            step += KeyframeSteps;
        }
        for (; step <= count; step++)
        {
            if (!Same(At(step), other.At(step)))
            {
                return step;
            }
        }
        return null;
    }

    Moment Replay(Moment from, int to)
    {
        var (_, values, m, v) = from.Copy();
        var adam = new ExactAdam(new(m, v), VectorWidths.InUse);
        for (var step = from.Step + 1; step <= to; step++)
        {
            adam.Update(values, this[step].Gradient, step - 1, this[step].LearningRate);
            SetByHand(step, values);
        }
        return new(to, values, m, v);
    }

    static bool Same(Moment a, Moment b) => a.Values == b.Values
        || MemoryMarshal.AsBytes<double>(a.Values).SequenceEqual(MemoryMarshal.AsBytes<double>(b.Values));
}
