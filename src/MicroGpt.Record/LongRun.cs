using System.Buffers.Binary;

namespace MicroGpt.Record;

/// <summary>
/// A run that is too long to record, at some moments: 20,000 steps on data/names.txt, after which attention matters. It
/// comes from a file that <c>dotnet run data/long-run.cs</c> makes.
/// </summary>
/// <remarks>
/// The file, little-endian: 4 bytes "long"; as int32 the steps, the steps to a mean loss, the parameters, the moments;
/// the mean losses (float32); for each moment its step (int32), its loss and its loss without attention (float64), and
/// its parameters (float32).
/// </remarks>
public sealed class LongRun
{
    const int MeanOf = 20; // steps
    const int Header = 20; // bytes
    static readonly int[] steps = [0, 1, 10, 30, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 8000,
        10_000, 12_000, 14_000, 16_000, 18_000, 20_000];

    readonly Trainer start;
    readonly List<float[]> parameters = [];

    LongRun(Corpus corpus, int steps)
    {
        Options = new() { Steps = steps };
        start = new(corpus, Options);
    }

    /// <summary>The options of the run; all but the steps are the default.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The mean loss of each 20 steps, in nats per letter; index 0 is the mean of steps 1 to 20.</summary>
    public IReadOnlyList<float> MeanLosses { get; private set; } = [];

    /// <summary>The moments, the random start first and the last step last.</summary>
    public IReadOnlyList<LongRunMoment> Moments { get; private set; } = [];

    /// <summary>The model at a moment: a copy. Its parameters are rounded to float32.</summary>
    /// <param name="moment">The index of the moment.</param>
    public Gpt Model(int moment)
    {
        var model = start.Snapshot();
        for (var i = 0; i < parameters[moment].Length; i++)
        {
            model.Parameters.Values[i] = parameters[moment][i];
        }
        return model;
    }

    /// <summary>Reads the file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="corpus">The documents it was made from.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or was made of other documents.</exception>
    public static LongRun Read(ReadOnlySpan<byte> file, Corpus corpus)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        if (file.Length < Header || !file.StartsWith("long"u8))
        {
            throw new InvalidDataException("not the file of a long run");
        }
        var (taken, meanOf, count, moments) = (Int(file[4..]), Int(file[8..]), Int(file[12..]), Int(file[16..]));
        var run = new LongRun(corpus, Math.Max(1, taken));
        var expected = Header + 4L * (taken / Math.Max(1, meanOf)) + moments * (20 + 4L * count);
        if (taken < 1 || meanOf != MeanOf || moments < 1 || count != run.start.Config.ParameterCount
            || file.Length != expected)
        {
            throw new InvalidDataException("the file of the long run is damaged, or of other documents");
        }
        run.MeanLosses = Floats(ref file, Header, taken / meanOf);
        var read = new List<LongRunMoment>();
        for (var i = 0; i < moments; i++)
        {
            read.Add(new(Int(file), BinaryPrimitives.ReadDoubleLittleEndian(file[4..]),
                BinaryPrimitives.ReadDoubleLittleEndian(file[12..])));
            run.parameters.Add(Floats(ref file, 20, count));
        }
        run.Moments = read;
        return run;
    }

    /// <summary>Trains the run and writes the file.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="corpus">The documents.</param>
    public static void Write(Stream stream, Corpus corpus)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var trainer = new Trainer(corpus, new() { Steps = steps[^1] });
        var moments = new List<(int Step, Gpt Model)> { (0, trainer.Snapshot()) };
        var means = new float[steps[^1] / MeanOf];
        foreach (var step in trainer.Run())
        {
            means[(step.Step - 1) / MeanOf] += (float)(step.Loss / MeanOf);
            if (steps.Contains(step.Step))
            {
                moments.Add((step.Step, trainer.Snapshot()));
            }
        }
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write("long"u8);
        Array.ForEach([steps[^1], MeanOf, trainer.Config.ParameterCount, steps.Length], writer.Write);
        Array.ForEach(means, writer.Write);
        foreach (var (step, model) in moments)
        {
            var cost = new CutCost(model, [.. corpus], new AttentionCut());
            cost.Finish();
            writer.Write(step);
            writer.Write(cost.Loss);
            writer.Write(cost.LossWithout);
            Array.ForEach(model.Parameters.Values, number => writer.Write((float)number));
        }
    }

    static int Int(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes);

    // Moves on in the file: past what is skipped, and past the numbers.
    static float[] Floats(ref ReadOnlySpan<byte> file, int skipped, int count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(file[(skipped + 4 * i)..]);
        }
        file = file[(skipped + 4 * count)..];
        return numbers;
    }
}

/// <summary>A moment of a long run.</summary>
/// <param name="Step">Steps taken; 0 is the random start.</param>
/// <param name="Loss">The mean loss of all documents, in nats per letter.</param>
/// <param name="LossWithoutAttention">The same with all attention weights at 0.</param>
public sealed record LongRunMoment(int Step, double Loss, double LossWithoutAttention);
