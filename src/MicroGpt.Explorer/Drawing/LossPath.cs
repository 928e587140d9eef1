using System.Globalization;
using System.Text;
using MicroGpt.Record;

namespace MicroGpt.Explorer.Drawing;

/// <summary>
/// The losses of a run as paths of SVG, x from 0 to 1000 and y from 0 to 100: dots, one for each step, and their moving
/// mean. They grow with the run; what is drawn is kept.
/// </summary>
public sealed class LossPath(Run run, double top, double bottom, int? steps = null)
{
    /// <summary>Steps in the mean.</summary>
    public const int Window = 50;

    readonly StringBuilder dots = new(), mean = new();
    readonly Queue<double> window = new();
    double sum;
    int drawn;

    /// <summary>A dot each step: zero-length lines, which round caps make dots.</summary>
    public string Dots { get; private set; } = "";

    /// <summary>The mean of the last 50 losses, from step 50.</summary>
    public string Mean { get; private set; } = "";

    /// <summary>The last mean; null before step 50.</summary>
    public double? LastMean => window.Count == Window ? sum / Window : null;

    /// <summary>Where a step stands.</summary>
    public double X(int step) => 1000.0 * step / (steps ?? run.Options.Steps);

    /// <summary>Where a loss stands.</summary>
    public double Y(double loss) => Math.Clamp(100 * (top - loss) / (top - bottom), 0, 100);

    /// <summary>Draws what is new of the run.</summary>
    public void Grow()
    {
        if (drawn == run.Steps)
        {
            return;
        }
        while (drawn < run.Steps)
        {
            var loss = run.Loss(++drawn);
            var x = X(drawn);
            dots.Append(CultureInfo.InvariantCulture, $"M{x:0.#} {Y(loss):0.#}h0");
            sum += loss;
            window.Enqueue(loss);
            sum -= window.Count > Window ? window.Dequeue() : 0;
            if (window.Count == Window)
            {
                mean.Append(mean.Length == 0 ? 'M' : 'L')
                    .Append(CultureInfo.InvariantCulture, $"{x:0.#} {Y(sum / Window):0.##}");
            }
        }
        (Dots, Mean) = (dots.ToString(), mean.ToString());
    }
}
