namespace MicroGpt;

/// <summary>Where a model comes from: enough to train it again, bit for bit, given the data.</summary>
/// <param name="Options">The options of the training run.</param>
/// <param name="Steps">Steps taken; fewer than in the options if the run was stopped.</param>
/// <param name="CorpusSha256">The data's <see cref="Corpus.Sha256"/>.</param>
/// <param name="Reading">How the text was split into documents.</param>
/// <param name="LibraryVersion">The version of this library that trained it, such as 1.0.0.</param>
public sealed record Provenance(
    TrainingOptions Options, int Steps, string CorpusSha256, TextReading Reading, string LibraryVersion)
{
    /// <summary>
    /// The <see cref="Parameters.Sha256"/> of the model that training began with (<see cref="Trainer.StartFrom"/>);
    /// null if it began with random numbers.
    /// </summary>
    public string? StartSha256 { get; init; }

    internal static string ThisLibrary { get; } = typeof(Provenance).Assembly.GetName().Version!.ToString(fieldCount: 3);
}
