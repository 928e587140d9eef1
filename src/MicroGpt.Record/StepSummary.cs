namespace MicroGpt.Record;

/// <summary>What one step did.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Document">What it learnt.</param>
/// <param name="LearningRate">The rate of the step.</param>
/// <param name="Loss">The document's loss before the step, in nats per letter.</param>
/// <param name="LossAfter">The same document's loss after the step; NaN if the step made the model useless.</param>
/// <param name="Promised">
/// What the gradient said the step would change, as if the loss were a straight line: the sum over all parameters of
/// gradient times movement, in nats per letter. The real change is LossAfter - Loss.
/// </param>
/// <param name="Tensors">The nine matrices, as in <see cref="Run.Tensors"/>.</param>
/// <param name="ZeroGradients">Parameters whose gradient is exactly 0.</param>
/// <param name="MovedWithoutGradient">How many of those moved nevertheless, by momentum.</param>
public sealed record StepSummary(
    int Step, string Document, double LearningRate, double Loss, double LossAfter, double Promised,
    IReadOnlyList<TensorSummary> Tensors, int ZeroGradients, int MovedWithoutGradient)
{
    internal static StepSummary Of(Run run, int step)
    {
        var gradient = run.State(step, Channel.Gradient);
        var movement = run.State(step, Channel.Movement);
        var (promised, zeros, moved) = (0.0, 0, 0);
        for (var i = 0; i < gradient.Length; i++)
        {
            promised += gradient[i] * movement[i];
            zeros += gradient[i] == 0 ? 1 : 0;
            moved += gradient[i] == 0 && movement[i] != 0 ? 1 : 0;
        }
        var tensors = new List<TensorSummary>();
        foreach (var tensor in run.Tensors)
        {
            tensors.Add(new(tensor.Name, Norm(gradient.Slice(tensor.Offset, tensor.Length)),
                Norm(movement.Slice(tensor.Offset, tensor.Length))));
        }
        var (document, rate) = (run.Document(step), run.LearningRate(step));
        var after = LossOf(run.Model(step), document);
        return new(step, document, rate, run.Loss(step), after, promised, tensors, zeros, moved);
    }

    static double LossOf(Gpt model, string document)
    {
        try
        {
            return model.Score(document).Loss;
        }
        catch (InvalidOperationException) // a probability that is not a number
        {
            return double.NaN;
        }
    }

    static double Norm(ReadOnlySpan<double> numbers)
    {
        double sum = 0;
        foreach (var number in numbers)
        {
            sum += number * number;
        }
        return Math.Sqrt(sum);
    }
}

/// <summary>What one step did to one matrix.</summary>
/// <param name="Name">Such as <c>layer0.attn_wq</c>.</param>
/// <param name="GradientNorm">The square root of the sum of the squared gradients.</param>
/// <param name="UpdateNorm">The square root of the sum of the squared movements.</param>
public sealed record TensorSummary(string Name, double GradientNorm, double UpdateNorm);
